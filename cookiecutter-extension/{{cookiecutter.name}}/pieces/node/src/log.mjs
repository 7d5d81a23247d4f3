// Logs the events that the webhook did not accept.

import { readText } from "./bar-event.mjs";
import { line } from "./undelivered.mjs";

/** Log each dead letter of a batch; returns those that cannot be read, which stay where they are. */
export async function handler(batch) {
  const batchItemFailures = [];
  for (const { messageId, body, messageAttributes = {} } of batch.Records) {
    try {
      log(line(readText(body), messageAttributes));
    } catch (error) {
      log({ messageId, what: "failed", why: error.message });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

const log = (line) => console.log(JSON.stringify(line));
