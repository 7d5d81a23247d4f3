import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { faults } from "./messages.js";

/** Fails the build where a language lacks a message, or has one that no page shows. */
const messages = {
  name: "messages",
  buildStart() {
    const folder = new URL("src/", import.meta.url);
    const read = (name) => readFileSync(new URL(name, folder), "utf8");
    const languages = readdirSync(new URL("messages/", folder)).filter((name) => name.endsWith(".json"));
    const texts = Object.fromEntries(languages.map((name) => [name, JSON.parse(read(`messages/${name}`))]));
    const sources = readdirSync(folder).filter((name) => /\.tsx?$/.test(name)).map(read);
    const found = faults(texts, sources);
    if (found.length) throw new Error(found.join("\n"));
  },
};

export default defineConfig({
  // Relative: an address of the local AWS has a path before the pages.
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  plugins: [messages],
  resolve: { preserveSymlinks: true },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: readdirSync(import.meta.dirname).filter((name) => name.endsWith(".html")) },
  },
});
