// What the workflow keeps of an event: its key, and a sentence for people.

/**
 * The record of an event.
 * @param {import("./bar-event.mjs").BarEvent} event
 * @returns {Record<"pk" | "sk" | "text", string>}
 */
export function make(event) {
  const text = event.detail.Message || `${event.name} of order ${event.order}.`;
  return { pk: event.name, sk: `${event.time}#${event.id}`, text };
}
