// An event of the bar in EventBridge's envelope: what this extension needs of it.

const LONGEST = 200;

/** It is not an event of the bar; the message states why. */
export class BadEventError extends Error {
  name = "BadEventError";
}

/**
 * @typedef {object} BarEvent Something that happened in the bar.
 * @property {string} id EventBridge's, the same in every copy of the event.
 * @property {string} name Its detail-type, such as `OrderManager.WaitingCompletion`.
 * @property {string} time When it was emitted, UTC, such as `2026-05-01T09:30:00Z`.
 * @property {Record<string, any>} detail See `presso catalog show` for this event.
 * @property {string} order The order that it is about, or `-`.
 */

/**
 * Read an event as EventBridge delivers it.
 * @param {any} event
 * @returns {BarEvent}
 * @throws {BadEventError} A field is missing, or is not what it should be.
 */
export function read(event) {
  const time = text(event, "time");
  if (Number.isNaN(Date.parse(time))) throw new BadEventError(`time is not a time: ${time}`);
  const detail = event.detail;
  if (detail === null || typeof detail !== "object" || Array.isArray(detail)) {
    throw new BadEventError(`detail is missing or no object: ${String(detail).slice(0, LONGEST)}`);
  }
  const order = String(detail.orderId ?? "-");
  return { id: text(event, "id"), name: text(event, "detail-type"), time, detail, order };
}

/**
 * Read an event from a message's body.
 * @param {string} body
 * @returns {BarEvent}
 * @throws {BadEventError} As `read`, or the body is not JSON.
 */
export function readText(body) {
  let event;
  try {
    event = JSON.parse(body);
  } catch (error) {
    throw new BadEventError(`the body is not JSON: ${error.message}`);
  }
  return read(event);
}

function text(event, name) {
  const found = event?.[name];
  if (typeof found !== "string") {
    throw new BadEventError(`${name} is missing or no text: ${String(found).slice(0, LONGEST)}`);
  }
  if (found.length === 0 || found.length > LONGEST) {
    throw new BadEventError(`${name} has ${found.length} characters, not 1 to ${LONGEST}`);
  }
  return found;
}
