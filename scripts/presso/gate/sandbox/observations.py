"""Records what an extension has done after the events played to it are processed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from presso import snapshot
from presso.errors import UsageError
from presso.gate.model import Model
from presso.gate.run_record import Emitted, Refusal, RunRecord
from presso.gate.sandbox import reachability
from presso.gate.sandbox.sandbox_environment import SandboxEnvironment
from presso.snapshot import Snapshot

if TYPE_CHECKING:
    from presso.catalog.events import CatalogEvent


@dataclass
class Observation:
    """An observation of a sandbox.

    Args:
        environment: The environment with the extension.
        model: The extension as applied.
        record: The record to fill.
        sent: The detail-type of each played event, by id.
    """

    environment: SandboxEnvironment
    model: Model
    record: RunRecord
    sent: Mapping[str, str]
    _taken: set[tuple[str, str]] = field(default_factory=set)

    def look(self, offset: int, known: set[str], before: Snapshot) -> None:
        """Record what is visible.

        Args:
            offset: The journal's offset at which the extension's time begins.
            known: The ids of the events from before.
            before: The snapshot without the extension.
        """
        prefix = self.model.facts.prefix
        for entry in self.environment.stack.journal(offset)[0]:
            self._read(entry)
        self._read_logs(known)
        for machine in self.model.of("aws_sfn_state_machine"):
            arn = str(machine.values["arn"])
            ends = [self._end(execution) for execution in self.environment.executions(arn)]
            self.record.ended |= {arn: ends} if ends else {}
        numbers = self.environment.messages(prefix)
        dead = {str(arn).rpartition(":")[2] for arn in _dead_letter_queues(self.model)}
        self.record.dead_letters = {
            name: sum(numbers[name]) for name in sorted(dead & numbers.keys()) if sum(numbers[name])
        }
        after = self.environment.snapshot()
        self.record.disturbed = snapshot.differences(before, snapshot.outside(after, prefix))
        self.record.disturbed += [] if self.record.unfinished else self._next_door()
        self.record.foreign_access = list(reachability.policies(after, self.model.facts))

    def _next_door(self) -> list[str]:
        """The differences from the other tenant, which received the same events."""
        mine, theirs = (self.environment.contents(tenant) for tenant in self.environment.tenants)
        names = sorted(mine.keys() | theirs.keys())
        return [f"changed: {name}, next door" for name in names if mine.get(name) != theirs.get(name)]

    def _read(self, entry: Mapping[str, Any]) -> None:
        """Record an entry of the journal that concerns the extension."""
        prefix, record, kind = self.model.facts.prefix, self.record, entry["kind"]
        if kind == "delivered" and f"/{prefix}" in str(entry["rule"]):
            self._delivered(str(entry["rule"]), str(entry["event"]), str(entry["fault"]))
        elif kind == "returned" and f":function:{prefix}" in str(entry["function"]):
            record.returned.setdefault(entry["function"], []).append(entry["error"])
        elif kind == "denied" and f"/{prefix}" in str(entry["principal"]):
            role = entry["principal"].partition("/")[2].partition("/")[0]
            record.refused[Refusal(role, entry["action"], entry["resource"])] += 1
        elif kind == "forged":  # it bears no name: no code of the platform's sends such a request
            record.forged[f"{entry['request']} ({entry['fault'].rstrip('.')})"] += 1
        elif kind == "called" and str(entry["destination"]).startswith(prefix):
            record.called[str(entry["url"])] += 1

    def _delivered(self, rule: str, event: str, fault: str) -> None:
        """Count an event once for a rule with two targets."""
        self.record.fired.add(rule)
        if fault:
            self.record.undelivered[rule, fault] += 1
        if event in self.sent and (rule, event) not in self._taken:
            self._taken.add((rule, event))
            self.record.consumed[self.sent[event]] += 1

    def _end(self, execution: Mapping[str, Any]) -> str:
        if execution["status"] in ("SUCCEEDED", "RUNNING"):
            return str(execution["status"])
        arn = execution["executionArn"]
        found = self.environment.client("stepfunctions").describe_execution(executionArn=arn)
        why = f"{found.get('error', '')} {str(found.get('cause', ''))[:200]}".strip()
        return f"{execution['status']}: {why}" if why else str(execution["status"])

    def _read_logs(self, known: set[str]) -> None:
        """Record the events that were not played: the extension emitted them."""
        for tenant in self.environment.tenants:
            for event in self.environment.log(tenant):
                if event["id"] not in self.sent and event["id"] not in known:
                    emitted = Emitted(tenant, event["source"], event["detail-type"], self._fault(event))
                    self.record.emitted[emitted] += 1

    def _fault(self, event: Mapping[str, Any]) -> str:
        """What is wrong with an emitted event by the extension's declaration; "" for nothing."""
        from presso.catalog.schema_validator import compiled

        declared = self._declared.get(event["detail-type"])
        if declared is None:
            return "emits does not name it"
        error = next(iter(compiled(declared.schema).iter_errors(event["detail"])), None)
        where = ".".join(["detail", *map(str, error.instance_path)]) if error else ""
        return f"{where}: {error.message}" if error else ""

    @cached_property
    def _declared(self) -> dict[str, CatalogEvent]:
        """The events that it declares under emits, by detail-type."""
        from presso.catalog.events import Catalog

        try:
            found = Catalog.load(self.environment.workspace).events
        except UsageError:  # M-001 reports it
            return {}
        return {event.name: event for event in found if event.extension == self.model.facts.extension}


def _dead_letter_queues(model: Model) -> Iterator[Any]:
    for resource in model.managed:
        yield from resource.all("dead_letter_config.arn")
        yield from resource.all("dead_letter_config.target_arn")
        yield from resource.all("target.dead_letter_config.arn")
        for policy in resource.all("redrive_policy"):
            found = re.search(r'"deadLetterTargetArn":\s*"([^"]+)"', str(policy))
            if found:
                yield found[1]
