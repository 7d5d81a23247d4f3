"""Promise 1: alarms and dashboards measure and show what is the extension's own."""

from __future__ import annotations

from collections.abc import Iterator

from presso.gate import dashboards, metric_expressions
from presso.gate.check import check
from presso.gate.metric_expressions import Own
from presso.gate.model import Hit, Model


@check(
    "P1-047",
    "Alarms and dashboards show its own metrics and logs",
    why="An alarm on others' metrics shows the extension what others do, and breaks when they change; a "
    "dashboard shows their logs. Searches, queries and functions choose metrics while they run: only those "
    "that the gate can read, and that name the extension's own, cannot choose others'.",
    fix="Name its own resource in a dimension, or its namespace presso/<tenant>/<extension>. In a search, "
    "put the name in double quotes, without OR and NOT; in a query of metrics, WHERE QueueName = 'its own'; "
    "begin a query of logs with SOURCE 'its own group'.",
    bad="expression = \"SEARCH('{AWS/SQS,QueueName} NumberOfMessagesSent', 'Sum')\"",
    good="expression = \"SEARCH('{AWS/SQS,QueueName} \\\"${aws_sqs_queue.default.name}\\\"', 'Sum')\"",
    levels=("plan",),
)
def measured(model: Model) -> Iterator[Hit]:
    """Yield what alarms and dashboards measure and show of others."""
    own = Own.of(model)
    for alarm in model.of("aws_cloudwatch_metric_alarm"):
        for attribute, fault in metric_expressions.of_alarm(own, alarm.values):
            yield Hit(alarm.at(attribute), f"{alarm.address} {fault}")
    for board in model.of("aws_cloudwatch_dashboard"):
        body = board.values.get("dashboard_body")
        if isinstance(body, str):  # P1-043 reports what a plan does not know
            for fault in dict.fromkeys(dashboards.faults(own, body)):
                yield Hit(board.at("dashboard_body"), f"{board.address} {fault}")
