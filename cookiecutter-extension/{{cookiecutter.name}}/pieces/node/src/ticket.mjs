// The work on one event: a ticket, as it would be printed for a barista.

/**
 * The ticket. Work that fails throws, and its message comes again.
 * @param {import("./bar-event.mjs").BarEvent} event
 * @returns {string}
 */
export function write(event) {
  const about = event.detail.Message || `order ${event.order}`;
  return `${event.time.slice(11, 16)} ${event.name}: ${about}`;
}
