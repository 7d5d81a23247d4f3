"""What an extension did in the sandbox: what the rules judge, and what the report tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A call that IAM refused: the role's name, the action and the resource's ARN (or `*`)."""

    role: str
    action: str
    resource: str


@dataclass(frozen=True)
class Emitted:
    """An event that was not played: on which tenant's bus, whose it says it is, and what is wrong with it."""

    bus: str
    source: str
    detail_type: str
    fault: str = ""


@dataclass
class Deeds:
    """What an extension did.

    Attributes:
        played: How many events of each detail-type it was played.
        consumed: How many of each its rules took.
        fired: The ARNs of its rules that took an event.
        undelivered: What a rule could not hand over: its ARN, and why.
        emitted: The events that came on a bus without having been played.
        returned: Per function's ARN, the error of each invocation; "" for one that succeeded.
        ended: Per state machine's ARN, how each execution ended, such as `SUCCEEDED`, `FAILED: …`.
        unfinished: What still ran, or waited, when the time for playing was over.
        dead_letters: How many messages are in which dead-letter queue of its own.
        refused: The calls that IAM refused its roles.
        called: The URLs that its API destinations would have called.
        scheduled: What its schedules start: started by hand, or only noted.
        disturbed: What of others was not as before, or not as without it.
        reaching: Its policies that reach what is outside: the role or policy, and the ARN.
        replanned: What a second plan would change.
        left: What was still there, or had changed, after it was destroyed.
        broken: Why it could not be applied, or destroyed; "" when it could.
        lacking: What this machine lacks to run it.
        weak: Why it was not in a box of its own; "" when it was.
        seconds: How long each step took.
    """

    played: Counter[str] = field(default_factory=Counter)
    consumed: Counter[str] = field(default_factory=Counter)
    fired: set[str] = field(default_factory=set)
    undelivered: Counter[tuple[str, str]] = field(default_factory=Counter)
    emitted: Counter[Emitted] = field(default_factory=Counter)
    returned: dict[str, list[str]] = field(default_factory=dict)
    ended: dict[str, list[str]] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    refused: Counter[Refusal] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    scheduled: list[str] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    reaching: list[tuple[str, str]] = field(default_factory=list)
    replanned: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    broken: str = ""
    lacking: list[str] = field(default_factory=list)
    weak: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note how long what is done inside takes."""
        since = monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + monotonic() - since

    @property
    def harmless(self) -> bool:
        """Whether everything is as it was before."""
        return not (self.left or self.disturbed or self.broken or self.unfinished)

    def as_json(self) -> dict[str, Any]:
        """What it did, for `--json`."""
        return {
            "confined": f"weakly: {self.weak}" if self.weak else "to boxes",
            "played": dict(sorted(self.played.items())),
            "consumed": dict(sorted(self.consumed.items())),
            "emitted": [
                {"source": event.source, "detail-type": event.detail_type, "count": count}
                for event, count in sorted(self.emitted.items(), key=lambda item: str(item[0]))
            ],
            "invocations": {_name(arn): _tally(errors) for arn, errors in sorted(self.returned.items())},
            "executions": {_name(arn): dict(Counter(ends)) for arn, ends in sorted(self.ended.items())},
            "denied": [
                {"role": call.role, "action": call.action, "resource": call.resource, "count": count}
                for call, count in sorted(self.refused.items(), key=lambda item: str(item[0]))
            ],
            "called": dict(sorted(self.called.items())),
            "scheduled": self.scheduled,
            "seconds": {name: round(seconds, 2) for name, seconds in self.seconds.items()},
        }

    def lines(self) -> Iterator[str]:
        """What it did, for people."""
        told = self.as_json()
        if self.weak:
            yield f"confined  {told['confined']}"
        yield f"consumed  {_counted(told['consumed'])}"
        yield f"emitted   {_counted({e['detail-type']: e['count'] for e in told['emitted']})}"
        if told["invocations"]:
            yield "invoked   " + ", ".join(
                f"{sum(tally.values())} x {name}"
                + (f" ({tally['failed']} failed)" if tally["failed"] else "")
                for name, tally in told["invocations"].items()
            )
        if told["executions"]:
            yield "executed  " + ", ".join(
                f"{name}: {_counted(ends)}" for name, ends in told["executions"].items()
            )
        if told["called"]:
            yield f"called    {_counted(told['called'])} (not sent from here)"
        yield from (f"schedule  {line}" for line in self.scheduled)
        denied = [f"{c['action']} on {c['resource']}" for c in told["denied"]]
        yield f"denied    {'; '.join(denied) or 'nothing'}"
        yield "took      " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


def _name(arn: str) -> str:
    return arn.rpartition(":")[2].partition("--")[2].rpartition("--")[2] or arn


def _tally(errors: list[str]) -> dict[str, int]:
    failed = sum(1 for error in errors if error)
    return {"succeeded": len(errors) - failed, "failed": failed}


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in counts.items()) or "nothing"
