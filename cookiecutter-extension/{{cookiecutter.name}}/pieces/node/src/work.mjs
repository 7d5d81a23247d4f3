// Works through the events in a queue, at its own pace.

import { each } from "./batch.mjs";
import { write } from "./ticket.mjs";

/** Work on a batch of messages; returns those that failed. */
export const handler = (batch) => each(batch, write);
