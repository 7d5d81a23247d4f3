// What AsyncAPI's own parser says of each of the documents in the list on standard input: JSON.
const { Parser } = require('@asyncapi/parser');
const { readFileSync } = require('node:fs');
const parser = new Parser();
const read = async (given) => {
  const { document, diagnostics } = await parser.parse(JSON.stringify(given));
  const found = diagnostics.map(({ code, severity, message, path }) => ({
    code,
    severity,
    message,
    path: path.join('/'),
  }));
  const operations = (document?.operations().all() ?? []).map((operation) => ({
    id: operation.id(),
    action: operation.action(),
    channels: operation.channels().all().map((channel) => channel.address()),
    messages: operation.messages().all().map((message) => message.name()),
  }));
  return { diagnostics: found, operations };
};
Promise.all(JSON.parse(readFileSync(0, 'utf8')).map(read)).then((found) =>
  process.stdout.write(JSON.stringify(found)),
);
