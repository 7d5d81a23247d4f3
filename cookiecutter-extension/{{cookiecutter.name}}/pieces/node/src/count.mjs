// Counts each event, as soon as it comes.

import { read } from "./bar-event.mjs";
import { line } from "./metric.mjs";

/** Count one event. One that is none is tried twice more by Lambda, then it is a dead letter. */
export async function handler(event) {
  console.log(JSON.stringify(line(read(event), process.env.NAMESPACE)));
}
