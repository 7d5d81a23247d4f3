// Compiles every page of a folder as MDX and tells which do not compile, and which import, export or compute.
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createProcessor } = require('@mdx-js/mdx');
const matter = require('gray-matter');
const live = new Set(['mdxjsEsm', 'mdxFlowExpression', 'mdxTextExpression']);
const kinds = (node, found = {}) => {
  const key = node.name ?? node.type;
  found[key] = (found[key] ?? 0) + 1;
  if (live.has(node.type)) found.live = (found.live ?? 0) + 1;
  (node.children ?? []).forEach((child) => kinds(child, found));
  return found;
};
const text = (node) => node.value ?? (node.children ?? []).map(text).join('');
(async () => {
  const found = {};
  for (const name of readdirSync(process.argv[2], { recursive: true }).filter((file) => file.endsWith('.mdx'))) {
    const { content } = matter(readFileSync(join(process.argv[2], name), 'utf8'));
    try {
      const processor = createProcessor();
      const tree = processor.parse(content);
      await processor.run(tree);
      const parsed = createProcessor().parse(content);
      found[name] = { kinds: kinds(parsed), paragraphs: parsed.children.map((child) => text(child)) };
    } catch (error) {
      found[name] = { error: String(error) };
    }
  }
  process.stdout.write(JSON.stringify(found));
})();
