// What the webhook did not take: a line for each event, with the reason and all that is needed to send it again.

/**
 * What to log of a dead letter.
 * @param {import("./bar-event.mjs").BarEvent} event
 * @param {Record<string, { stringValue?: string }>} attributes The message's attributes, with EventBridge's reason.
 */
export function line(event, attributes) {
  const attribute = (name) => attributes[name]?.stringValue ?? "UNKNOWN";
  return {
    what: "not delivered",
    event: event.name,
    order: event.order,
    code: attribute("ERROR_CODE"),
    why: attribute("ERROR_MESSAGE"),
    detail: event.detail,
  };
}
