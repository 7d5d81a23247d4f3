"""A count of events as a CloudWatch metric: a line of the log in the embedded metric format."""

from __future__ import annotations

from typing import Any

from bar_event import BarEvent


def line(event: BarEvent, namespace: str) -> dict[str, Any]:
    """Return what to log, so that CloudWatch counts the event under its name.

    The metric costs no call: CloudWatch Logs makes it out of the line.
    """
    metric = {
        "Namespace": namespace,
        "Dimensions": [["Event"]],
        "Metrics": [{"Name": "Events", "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": event.milliseconds, "CloudWatchMetrics": [metric]},
        "Event": event.name,
        "Events": 1,
        "id": event.id,
        "order": event.order,
    }
