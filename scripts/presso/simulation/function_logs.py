"""The lines that functions log, live: of all functions whose names begin alike."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

_OF_THE_RUNTIME = re.compile(r"^(?:START|END|REPORT|INIT_START|INIT_REPORT) ")
# What is logged late is not lost.
_LOOK_BACK_MS = 5_000


class FunctionLogs:
    """The logs of functions, read from some moment on.

    Args:
        logs: A boto3 client of CloudWatch Logs.
        prefix: What the functions' names begin with.
        since: The moment, in epoch milliseconds.
    """

    def __init__(self, logs: Any, prefix: str, since: int) -> None:
        self._logs = logs
        self._prefix = prefix
        self._since = since
        self._seen: dict[str, int] = {}

    def poll(self) -> dict[str, list[str]]:
        """Return the lines since the last poll, by function; without those that the runtime itself logs."""
        pages = self._logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=f"/aws/lambda/{self._prefix}"
        )
        new = {
            name.rpartition("/")[2]: self._lines(name)
            for page in pages
            for name in (group["logGroupName"] for group in page["logGroups"])
        }
        self._forget()
        return {function: lines for function, lines in new.items() if lines}

    def _lines(self, group: str) -> list[str]:
        start = max([self._since, *(at - _LOOK_BACK_MS for at in self._seen.values())])
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        numbers: Counter[str] = Counter()
        lines = []
        for event in (event for page in pages for event in page["events"]):
            stream = event["logStreamName"]
            numbers[stream] += 1
            # The local AWS has no ids of these; each of its streams has one invocation, whole.
            name = event.get("eventId") or f"{stream} {numbers[stream]}"
            if name not in self._seen:
                self._seen[name] = event["timestamp"]
                lines.append(event["message"].rstrip())
        return [line for line in lines if not _OF_THE_RUNTIME.match(line)]

    def _forget(self) -> None:
        newest = max(self._seen.values(), default=0)
        self._seen = {name: at for name, at in self._seen.items() if at >= newest - 2 * _LOOK_BACK_MS}
