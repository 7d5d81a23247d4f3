// A count of events as a CloudWatch metric: a line of the log in the embedded metric format.

/**
 * What to log, so that CloudWatch counts the event under its name. The metric costs no call: CloudWatch Logs makes
 * it out of the line.
 * @param {import("./bar-event.mjs").BarEvent} event
 * @param {string} namespace
 */
export function line(event, namespace) {
  const metric = {
    Namespace: namespace,
    Dimensions: [["Event"]],
    Metrics: [{ Name: "Events", Unit: "Count" }],
  };
  return {
    _aws: { Timestamp: Date.parse(event.time), CloudWatchMetrics: [metric] },
    Event: event.name,
    Events: 1,
    id: event.id,
    order: event.order,
  };
}
