// Counts each event, as soon as it comes.

import { read } from "./bar-event.mjs";
import { line } from "./metric.mjs";

/** Count one event. Lambda tries an invalid one twice more, then it is a dead letter. */
export async function handler(event) {
  console.log(JSON.stringify(line(read(event), process.env.NAMESPACE)));
}
