/**
 * What is wrong with the message files: each language has the messages of English, with the same values in
 * them, and each message is in a page's source.
 *
 * @param {Record<string, Record<string, string>>} texts The messages of each file, by its name.
 * @param {string[]} sources The contents of the pages' sources.
 * @returns {string[]}
 */
export function faults(texts, sources) {
  const english = texts["en.json"] ?? {};
  const used = new Set(sources.flatMap((text) => [...text.matchAll(/"([a-z][A-Za-z.-]*)"/g)].map((found) => found[1])));
  const unused = Object.keys(english).filter((key) => !used.has(key));
  const found = unused.map((key) => `en.json: ${key} is in no page`);
  for (const [file, messages] of Object.entries(texts)) {
    for (const key of Object.keys(english)) {
      if (!messages[key]) found.push(`${file}: ${key} is missing`);
      else if (values(messages[key]) !== values(english[key])) found.push(`${file}: ${key} has other values than in en.json`);
    }
    found.push(...Object.keys(messages).filter((key) => !(key in english)).map((key) => `${file}: ${key} is superfluous`));
  }
  return found;
}

const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort().join();
