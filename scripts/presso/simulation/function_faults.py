"""Why functions failed, read from their logs: one line for each cause, with its place in the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from presso.local_aws import code_place

_PYTHON = re.compile(r"^\[ERROR\] (.+)")
_NODE = re.compile(r"\bERROR\t(?:Uncaught Exception|Invoke Error|Unhandled Promise Rejection) *\t(\{.*)")
_TIMED_OUT = re.compile(r"Task timed out after [\d.]+ seconds(?:, while it started)?")
_TRACEBACK = "Traceback (most recent call last):"
_END_OF_TRACEBACK = re.compile(r"^[\w.]+(?:: .*)?$")
_STACK = re.compile(r"^(?:Uncaught )?\w*(?:Error|Exception)\b.*")
_MOST_CHARACTERS = 400
_AT_START = ("ImportModuleError", "HandlerNotFound", "UserCodeSyntaxError", "MalformedHandlerName")


@dataclass(frozen=True)
class FunctionFault:
    """Why a function failed.

    Args:
        function: Its name.
        cause: The error, as the log has it.
        place: The file and the line in its code; "" where the log has none.
    """

    function: str
    cause: str
    place: str = ""

    def __str__(self) -> str:
        """In one line."""
        place = f" ({self.place})" if self.place and not self.cause.endswith(f"({self.place})") else ""
        return f"{self.function}: {self.cause}{place}"

    @property
    def at_start(self) -> bool:
        """Whether the function did not start: it will fail again."""
        return self.cause.startswith(tuple(f"Runtime.{name}" for name in _AT_START))


def read(logs: Any, prefix: str, since: int = 0) -> Iterator[FunctionFault]:
    """Yield the faults in the logs of functions, each once.

    Args:
        logs: A boto3 client of CloudWatch Logs.
        prefix: What the functions' names begin with.
        since: The moment from which on, in epoch milliseconds.
    """
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{prefix}")
    for group in [group["logGroupName"] for page in pages for group in page["logGroups"]]:
        streams: dict[str, list[str]] = {}
        found = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        for event in (event for page in found for event in page["events"]):
            streams.setdefault(event.get("logStreamName", ""), []).append(event["message"])
        function = group.rpartition("/")[2]
        yield from dict.fromkeys(fault for messages in streams.values() for fault in of(function, messages))


def of(function: str, messages: Iterable[str]) -> list[FunctionFault]:
    """Return the faults in the messages of a log, in their order."""
    lines = [line for message in messages for line in re.split(r"[\r\n]+", message.replace("\u00a0", " "))]
    found: list[FunctionFault] = []
    for number in range(len(lines)):
        cause, rest = _cause(lines, number)
        if cause:
            place = code_place.of(rest)
            found.append(FunctionFault(function, " ".join(cause.split())[:_MOST_CHARACTERS], place))
    return found


def _cause(lines: list[str], number: int) -> tuple[str, list[str]]:
    """The error that a line reports, "" for none; and the lines with the places."""
    line, after = lines[number], lines[number + 1 :]
    if named := _PYTHON.match(line):
        return named[1].removesuffix(": "), _indented(after[1:] if after[:1] == [_TRACEBACK] else after)
    if thrown := _NODE.search(line):
        try:
            read_ = json.loads("".join(thrown[1].rpartition("}")[:2]))
        except ValueError:
            return thrown[1], []
        reason = read_.get("reason") if isinstance(read_.get("reason"), dict) else {}
        stack = [*(reason.get("stack") or []), *(read_.get("stack") or [])]
        error, trace = f"{read_.get('errorType')}: {read_.get('errorMessage')}", list(map(str, stack))
        return code_place.with_causes(error, trace), trace
    if late := _TIMED_OUT.search(line):
        return late[0], _indented(after[1:]) if after[:1] == [_TRACEBACK] else []
    if line == _TRACEBACK and not (number and _reported(lines[number - 1])):
        trace = _indented(after)
        end = after[len(trace) : len(trace) + 1]
        return (end[0], trace) if end and _END_OF_TRACEBACK.match(end[0]) else ("", [])
    if _STACK.match(line) and after and after[0].startswith("    at "):
        return line, _indented(after)
    return "", []


def _reported(line: str) -> bool:
    return bool(_PYTHON.match(line) or _TIMED_OUT.search(line))


def _indented(lines: list[str]) -> list[str]:
    end = next((n for n, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return lines[:end]
