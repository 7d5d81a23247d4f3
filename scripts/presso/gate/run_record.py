"""What an extension did in the sandbox, for the checks and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A call that IAM denied: the role's name, the action and the resource's ARN (or `*`)."""

    role: str
    action: str
    resource: str


@dataclass(frozen=True)
class Emitted:
    """An emitted event: its tenant's bus, its source, and what is wrong with it."""

    bus: str
    source: str
    detail_type: str
    fault: str = ""


@dataclass
class RunRecord:
    """What an extension did.

    Attributes:
        played: The number of played events by detail-type.
        consumed: The number of events that its rules matched, by detail-type.
        fired: The ARNs of its rules that matched an event.
        undelivered: Failed deliveries: the rule's ARN, and why.
        emitted: Events on a bus that were not played.
        returned: By function ARN, the error of each invocation; "" for success.
        ended: By state machine ARN, the result of each execution, such as `SUCCEEDED`, `FAILED: …`.
        unfinished: What still ran, or waited, at the end of the time for playing.
        dead_letters: The number of messages by dead-letter queue.
        refused: The calls that IAM denied its roles.
        forged: Requests of its functions that no role of theirs signed, or that are none of AWS's SDKs.
        called: The URLs that its API destinations would have called.
        scheduled: The targets of its schedules: started manually, or only recorded.
        disturbed: Resources of others that changed, or that differ from the tenant without it.
        foreign_access: Its policies that reach others' resources: the role or policy, and the ARN.
        replanned: The changes of a second plan.
        left: Resources that remained, or had changed, after the destroy.
        broken: Why it could not be applied or destroyed; "" when it could.
        lacking: What this machine lacks to run it.
        weak: Why it did not run in a box of its own; "" when it did.
        seconds: How long each step took.
        declared: The events that `emits` names.
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
    forged: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    scheduled: list[str] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    foreign_access: list[tuple[str, str]] = field(default_factory=list)
    replanned: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    broken: str = ""
    lacking: list[str] = field(default_factory=list)
    weak: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    declared: tuple[str, ...] = ()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record the duration of the code inside."""
        since = monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + monotonic() - since

    @property
    def harmless(self) -> bool:
        """Whether everything is unchanged."""
        return not (self.left or self.disturbed or self.broken or self.unfinished)

    def as_json(self) -> dict[str, Any]:
        """The record for `--json`."""
        return {
            "confined": f"weakly: {self.weak}" if self.weak else "to boxes",
            "played": dict(sorted(self.played.items())),
            "consumed": dict(sorted(self.consumed.items())),
            "emitted": [
                {"source": event.source, "detail-type": event.detail_type, "count": count}
                for event, count in sorted(self.emitted.items(), key=lambda item: str(item[0]))
            ],
            "not emitted": self._silent(),
            "invocations": {_name(arn): _tally(errors) for arn, errors in sorted(self.returned.items())},
            "executions": {_name(arn): dict(Counter(ends)) for arn, ends in sorted(self.ended.items())},
            "denied": [
                {"role": call.role, "action": call.action, "resource": call.resource, "count": count}
                for call, count in sorted(self.refused.items(), key=lambda item: str(item[0]))
            ],
            "forged": dict(sorted(self.forged.items())),
            "called": dict(sorted(self.called.items())),
            "scheduled": self.scheduled,
            "seconds": {name: round(seconds, 2) for name, seconds in self.seconds.items()},
        }

    def _silent(self) -> list[str]:
        """The declared events that no played event led to: a mistake, or rarer than the examples."""
        emitted = {event.detail_type for event in self.emitted}
        return [name for name in self.declared if name not in emitted]

    def lines(self) -> Iterator[str]:
        """The record as lines of text."""
        record = self.as_json()
        if self.weak:
            yield f"confined  {record['confined']}"
        yield f"consumed  {_counted(record['consumed'])}"
        emitted = _counted({e["detail-type"]: e["count"] for e in record["emitted"]})
        silent = ", ".join(record["not emitted"])
        yield f"emitted   {emitted}" + (f"; declared and never emitted: {silent}" if silent else "")
        if record["invocations"]:
            yield "invoked   " + ", ".join(
                f"{sum(tally.values())} x {name}"
                + (f" ({tally['failed']} failed)" if tally["failed"] else "")
                for name, tally in record["invocations"].items()
            )
        if record["executions"]:
            yield "executed  " + ", ".join(
                f"{name}: {_counted(ends)}" for name, ends in record["executions"].items()
            )
        if record["called"]:
            yield f"called    {_counted(record['called'])} (not sent from here)"
        yield from (f"schedule  {line}" for line in self.scheduled)
        denied = [f"{c['action']} on {c['resource']}" for c in record["denied"]]
        yield f"denied    {'; '.join(denied) or 'nothing'}"
        if record["forged"]:
            yield f"forged    {_counted(record['forged'])}"
        yield "took      " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


def _name(arn: str) -> str:
    return arn.rpartition(":")[2].partition("--")[2].rpartition("--")[2] or arn


def _tally(errors: list[str]) -> dict[str, int]:
    failed = sum(1 for error in errors if error)
    return {"succeeded": len(errors) - failed, "failed": failed}


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in counts.items()) or "nothing"
