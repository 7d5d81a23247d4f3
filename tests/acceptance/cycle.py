"""One example through the whole cycle: init, validate, plan, apply, a second plan, destroy."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.terraform import Terraform

from offline_aws import other_types

PATIENCE = 900
_BOX = str.maketrans("", "", "│╷╵")


@dataclass
class Outcome:
    """How far an example came.

    Attributes:
        example: Its module and name.
        version: The module's version.
        stopped: The step that failed; "" when all passed.
        reasons: Why, each in a line; the first one is in the table.
        resources: How many resources the plan has.
        without_handler: The types among them that are only planned, with their numbers.
    """

    example: str
    version: str
    stopped: str = ""
    reasons: list[str] = field(default_factory=list)
    resources: int = 0
    without_handler: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether it went through the whole cycle with handlers for all of its resources."""
        return not self.stopped and not self.without_handler

    def to_json(self) -> dict[str, Any]:
        """Return it for a file."""
        return {**asdict(self), "passed": self.passed}


class _Stopped(Exception):
    def __init__(self, step: str, reasons: list[str]) -> None:
        self.step, self.reasons = step, reasons
        super().__init__(step)


@dataclass(frozen=True)
class Cycle:
    """An example's folder, Terraform's environment there, and whether it is applied twice."""

    folder: Path
    env: Mapping[str, str]
    again: bool = False

    def run(self, outcome: Outcome) -> None:
        """Run it, and write down in `outcome` how far it came. What was applied is destroyed in any case."""
        try:
            self._step("init", "init", "-no-color")
            self._step("validate", "validate", "-no-color")
            self._planned(outcome)
            try:
                for _ in range(1 + self.again):
                    self._step("apply", "apply", "-auto-approve", "-no-color")
                self._settled()
            except _Stopped:
                self._terraform("destroy", "-auto-approve", "-no-color")
                raise
            self._step("destroy", "destroy", "-auto-approve", "-no-color")
            self._nothing_left()
        except _Stopped as stopped:
            outcome.stopped, outcome.reasons = stopped.step, stopped.reasons
        except subprocess.TimeoutExpired as late:
            outcome.stopped, outcome.reasons = str(late.cmd[-1]), [f"not done after {PATIENCE} s"]

    def _planned(self, outcome: Outcome) -> None:
        self._step("plan", "plan", "-out=plan", "-no-color")
        changes = [
            change for change in self._shown().get("resource_changes", ()) if change["mode"] == "managed"
        ]
        outcome.resources = len(changes)
        types = Counter(change["type"] for change in changes)
        outcome.without_handler = {
            name: count for name, count in sorted(types.items()) if name in other_types.names()
        }

    def _settled(self) -> None:
        done = self._terraform("plan", "-out=plan", "-no-color", "-detailed-exitcode")
        if done.returncode == 1:
            raise _Stopped("second plan", list(_errors(done)))
        if done.returncode == 2:
            raise _Stopped("second plan", list(_differences(self._shown())) or ["outputs differ"])

    def _nothing_left(self) -> None:
        left = self._terraform("state", "list").stdout.split()
        if left:
            raise _Stopped("destroy", [f"left in the state: {', '.join(left)}"])

    def _shown(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._terraform("show", "-json", "plan").stdout)
        return found

    def _step(self, name: str, *arguments: str) -> None:
        done = self._terraform(*arguments)
        if done.returncode:
            raise _Stopped(name, list(_errors(done)))

    def _terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return Terraform(self.folder, self.env).run(*arguments, ok=None)


def _errors(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    """Yield each error of a run in a line: where, what, and the text below."""
    text = done.stderr.translate(_BOX)
    for error in re.split(r"^ ?Error: ", text, flags=re.MULTILINE)[1:]:
        summary, _, rest = error.partition("\n")
        place = re.search(r"with (\S+),", rest)
        below = re.sub(r"^\s*(with|on) .*$|^\s*\d+:.*$", "", rest, flags=re.MULTILINE)
        said = " ".join(below.split())
        yield f"{place[1] + ': ' if place else ''}{summary.strip()}{': ' + said if said else ''}"


def _differences(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield each planned change in a line: its address, its actions, and the attributes that change."""
    for change in plan.get("resource_changes", ()):
        actions = change["change"]["actions"]
        if actions in (["no-op"], ["read"]):
            continue
        before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
        unknown = change["change"]["after_unknown"] or {}
        late = {name: "(unknown)" for name, mark in unknown.items() if mark is True}
        names = [
            f"{name} {_short(before.get(name))} -> {_short(late.get(name, after.get(name)))}"
            for name in sorted({*before, *after, *unknown})
            if before.get(name) != after.get(name)
        ]
        yield f"{change['address']}: {'/'.join(actions)}: {'; '.join(names)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:200] + "…"
