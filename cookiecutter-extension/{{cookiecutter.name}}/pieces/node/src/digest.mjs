// A digest: how many events of each name there were in the last hours.

const HOUR = 3_600_000;

/**
 * @param {string[]} names
 * @param {(name: string, since: string) => Promise<number>} count Is given a name and the time since when.
 * @param {Date} now
 * @param {number} hours
 */
export async function make(names, count, now, hours) {
  const since = text(new Date(now.getTime() - hours * HOUR));
  const counts = [];
  for (const name of names.toSorted()) counts.push({ event: name, count: await count(name, since) });
  const total = counts.reduce((sum, each) => sum + each.count, 0);
  return { since, until: text(now), counts, total };
}

const text = (time) => time.toISOString().replace(/\.\d{3}Z$/, "Z");
