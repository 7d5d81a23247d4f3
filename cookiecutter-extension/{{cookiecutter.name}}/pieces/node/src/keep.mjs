// Keeps a record of each event.

import { each } from "./batch.mjs";
import * as dynamodb from "./dynamodb.mjs";
import { Records } from "./records.mjs";

const records = new Records(process.env.TABLE, dynamodb, Number(process.env.DAYS));

/** Keep the events of a batch of messages; returns those that failed. */
export const handler = (batch) => each(batch, (event) => records.keep(event));
