// Bundles the tests beside this file with the pages' sources, as Vite does, and runs them: node run.mjs SOURCES PACKAGES WORK
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const [sources, packages, work] = process.argv.slice(2);
const { build } = createRequire(join(packages, "vite/"))("esbuild");
const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.mjs"));
await build({
  entryPoints: tests.map((name) => join(import.meta.dirname, name)),
  outdir: work,
  outExtension: { ".js": ".mjs" },
  alias: { pages: sources },
  nodePaths: [packages],
  bundle: true,
  platform: "node",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "error",
});
run({ files: tests.map((name) => join(work, name)) })
  .on("test:fail", () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout);
