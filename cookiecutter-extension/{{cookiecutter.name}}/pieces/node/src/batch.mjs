// A batch of messages, each an event, where one that fails does not hold up the others.

import { readText } from "./bar-event.mjs";

/**
 * @typedef {object} Message
 * @property {string} messageId
 * @property {string} body
 */

/**
 * Do something with the event in each message, and log what `act` returns.
 * @param {object} batch
 * @param {Message[]} batch.Records
 * @param {(event: import("./bar-event.mjs").BarEvent) => string | Promise<string>} act
 * @returns The messages that failed, in the form that makes SQS hand out only them again.
 */
export async function each(batch, act) {
  const batchItemFailures = [];
  for (const { messageId, body } of batch.Records) {
    try {
      const event = readText(body);
      log({ messageId, what: await act(event), event: event.name, order: event.order });
    } catch (error) {
      // Any error: the other messages of the batch must be done.
      log({ messageId, what: "failed", why: `${error.name}: ${error.message}`, where: place(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

/** The file and the line where it was thrown or passed first, of the extension's own. */
function place({ stack = "" }) {
  const own = stack.split("\n").find((line) => line.includes("file:") && !line.includes("/node_modules/"));
  return /([^/]+:\d+):\d+\)?$/.exec(own ?? "")?.[1];
}

const log = (line) => console.log(JSON.stringify(line));
