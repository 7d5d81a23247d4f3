"""Why functions failed, read from their logs: one line for each cause, with its place in the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_PYTHON = re.compile(r"^\[ERROR\] (.+)")
_NODE = re.compile(r"\bERROR\t(?:Uncaught Exception|Invoke Error) *\t(\{.*)")
_TIMED_OUT = re.compile(r"Task timed out after [\d.]+ seconds")
_TRACEBACK = "Traceback (most recent call last):"
_END_OF_TRACEBACK = re.compile(r"^[\w.]+(?:: .*)?$")
_STACK = re.compile(r"^(?:Uncaught )?\w*(?:Error|Exception)\b.*")
_PLACE = re.compile(r"(?:/var/task|/code)/([^\s\":()]{1,256})\"?(?:, line | Line |:)(\d+)")
_LIBRARIES = ("node_modules/", "site-packages/")
_MOST_CHARACTERS = 400


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
        return f"{self.function}: {self.cause}{f' ({self.place})' if self.place else ''}"

    @property
    def at_start(self) -> bool:
        """Whether the function did not start: it will fail again."""
        return self.cause.startswith("Runtime.")


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
    for number, line in enumerate(lines):
        cause, rest = _cause(lines, number)
        if cause:
            place = _place(line, rest)
            found.append(FunctionFault(function, " ".join(cause.split())[:_MOST_CHARACTERS], place))
    return found


def _cause(lines: list[str], number: int) -> tuple[str, list[str]]:
    """The error that a line reports, "" for none; and the lines with the places."""
    line, after = lines[number], lines[number + 1 :]
    if named := _PYTHON.match(line):
        return named[1], _indented(after[1:] if after[:1] == [_TRACEBACK] else after)
    if thrown := _NODE.search(line):
        try:
            read_ = json.loads("".join(thrown[1].rpartition("}")[:2]))
        except ValueError:
            return thrown[1], []
        return f"{read_.get('errorType')}: {read_.get('errorMessage')}", list(
            map(str, read_.get("stack") or [])
        )
    if late := _TIMED_OUT.search(line):
        return late[0], []
    if line == _TRACEBACK and not (number and _PYTHON.match(lines[number - 1])):
        trace = _indented(after)
        end = after[len(trace) : len(trace) + 1]
        return (end[0], trace) if end and _END_OF_TRACEBACK.match(end[0]) else ("", [])
    if _STACK.match(line) and after and after[0].startswith("    at "):
        return line, _indented(after)
    return "", []


def _indented(lines: list[str]) -> list[str]:
    end = next((n for n, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return lines[:end]


def _place(line: str, trace: list[str]) -> str:
    """The innermost place in the function's own code: last in Python's traces, first in JavaScript's."""
    found = [place for text in trace for place in _PLACE.findall(text)]
    own = [place for place in found if not place[0].startswith(_LIBRARIES)]
    if not own:
        return ""
    file, number = own[0] if "\t" in line or any("    at " in text for text in trace) else own[-1]
    return f"{file}, line {number}"
