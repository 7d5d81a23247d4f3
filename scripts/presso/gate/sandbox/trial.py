"""One extension in the sandbox: apply → play → look → plan again → destroy → look again."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from presso import snapshot
from presso.catalog.operators import PatternError
from presso.catalog.patterns import Pattern
from presso.gate import plan_model
from presso.gate.confined_terraform import Refused, TooLong
from presso.gate.model import Model, Resource
from presso.gate.sandbox import occasion, reaching
from presso.gate.sandbox.deeds import Deeds, Emitted, Refusal
from presso.gate.sandbox.stage import Stage
from presso.snapshot import Snapshot
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.catalog.events import CatalogEvent

PLAY_SECONDS = 8.0
MOST_SECONDS = 60.0
MOST_BYTES = 512 * 1024 * 1024
_QUIET_SECONDS = 0.5
_BATCH = 10
_RUNTIMES = {"nodejs": "node"}


@dataclass
class Trial:
    """An extension on a stage.

    Args:
        stage: Where.
        model: As it is planned, with the stage's facts.
        seconds: How long nothing may come of what it has begun.
    """

    stage: Stage
    model: Model
    seconds: float = PLAY_SECONDS
    deeds: Deeds = field(default_factory=Deeds)

    def __post_init__(self) -> None:
        self.unit = Unit(self.model.facts.tenant, self.model.facts.extension)
        self.sent: dict[str, tuple[str, str]] = {}  # id → bus and detail-type
        self.offset = self.stage.stack.journal(0)[1]

    def run(self) -> Model:
        """Try it; the model as it was applied, with its deeds."""
        self.stage.bring(self.model.source.root, self.unit.extension)
        before = self.stage.snapshot()
        self.heard = {event["id"] for tenant in self.stage.tenants for event in self.stage.log(tenant)}
        applied = self._applied(before)
        try:
            with self.deeds.step("destroy"):
                self.stage.destroy(self.unit)
        except (Refused, TooLong) as error:
            self.deeds.broken = self.deeds.broken or f"it cannot be destroyed: {error}"
        with self.deeds.step("look"):
            self.deeds.left = snapshot.differences(before, self.stage.snapshot())
        return replace(applied, level="sandbox", did=self.deeds)

    def _applied(self, before: Snapshot) -> Model:
        """Apply it and all that follows, until it is to be destroyed."""
        try:
            with self.deeds.step("apply"):
                self.stage.apply(self.unit)
            state = self.stage.state(self.unit)
        except (Refused, TooLong) as error:
            self.deeds.broken = f"it cannot be applied: {error}"
            return self.model
        applied = replace(self.model, resources=plan_model.resources({"settled": state}, self.model.source))
        self.deeds.lacking = list(_lacking(applied))
        if not self.deeds.lacking:
            with self.deeds.step("play"):
                self._play(applied)
                self._await_quiet(applied)
        with self.deeds.step("look"):
            self._look(applied, before)
        try:
            with self.deeds.step("plan"):
                self.deeds.replanned = self.stage.changes(self.unit)
        except (Refused, TooLong) as error:
            self.deeds.replanned = [f"it cannot be planned again: {error}"]
        return applied

    def _play(self, applied: Model) -> None:
        """Put the events on both buses: what is next door has to come to the same in both."""
        consumes = self.model.metadata.consumes if self.model.metadata else []
        played = occasion.events(
            self.stage.stack.checkout,
            self.model.catalog,
            self.model.facts,
            consumes,
            list(_patterns(applied)),
        )
        self.deeds.played = Counter(event.name for event, _ in played)
        for tenant in self.stage.tenants:
            for begin in range(0, len(played), _BATCH):
                self._put(tenant, played[begin : begin + _BATCH])
        self.deeds.scheduled = [self._started(schedule) for schedule in applied.of("aws_scheduler_schedule")]

    def _put(self, tenant: str, batch: list[tuple[CatalogEvent, dict[str, Any]]]) -> None:
        entries = [
            {
                "EventBusName": tenant,
                "Source": event.source,
                "DetailType": event.name,
                "Detail": json.dumps(occasion.of_tenant(detail, tenant)),
            }
            for event, detail in batch
        ]
        answers = self.stage.client("events").put_events(Entries=entries)["Entries"]
        for (event, _), answer in zip(batch, answers, strict=True):
            self.sent[answer["EventId"]] = (tenant, event.name)

    def _started(self, schedule: Resource) -> str:
        """Start what a schedule would start in its time; in a sentence, what was done."""
        arn, given = str(schedule.get("target.arn")), str(schedule.get("target.input") or "{}")
        name = f"{schedule.get('name')}".rpartition("--")[2]
        service = arn.split(":")[2]
        if service == "lambda":
            self.stage.client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=given)
        elif service == "states":
            self.stage.client("stepfunctions").start_execution(stateMachineArn=arn, input=given)
        elif service == "sqs":
            url = self.stage.client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            self.stage.client("sqs").send_message(QueueUrl=url, MessageBody=given)
        else:
            return f"{name} ({schedule.get('schedule_expression')}): noted, not started"
        return f"{name} ({schedule.get('schedule_expression')}): started once by hand"

    def _await_quiet(self, applied: Model) -> None:
        """Wait until nothing runs and nothing comes any more; not longer than what runs gets on with it."""
        since = moved = quiet = time.monotonic()
        seen: tuple[object, ...] = ()
        while True:
            entries, offset = self.stage.stack.journal(self.offset)
            waiting = [*_running(entries), *self._executing(applied), *self._queued(entries)]
            now = time.monotonic()
            if (offset, *waiting) != seen:
                seen, moved = (offset, *waiting), now
            if waiting or moved == now:
                quiet = now
            if now - quiet > _QUIET_SECONDS:
                return
            if now - moved > self.seconds or now - since > MOST_SECONDS:
                self.deeds.unfinished = waiting or ["new events come without end"]
                return
            if self.stage.stack.size() > MOST_BYTES:
                self.deeds.unfinished = [f"it filled more than {MOST_BYTES >> 20} MB"]
                return
            time.sleep(0.1)

    def _executing(self, applied: Model) -> Iterator[str]:
        for machine in applied.of("aws_sfn_state_machine"):
            for execution in self._executions(str(machine.values["arn"])):
                if execution["status"] == "RUNNING":
                    yield f"an execution of {machine.address}"

    def _executions(self, arn: str) -> list[dict[str, Any]]:
        states = self.stage.client("stepfunctions")
        if ":express:" in arn:
            return []
        try:
            return list(states.list_executions(stateMachineArn=arn)["executions"])
        except states.exceptions.ClientError:  # an express one keeps no list
            return []

    def _queued(self, entries: list[dict[str, Any]]) -> Iterator[str]:
        """Queues in which something waits; what a function failed at comes back after minutes only."""
        failed = any(entry["kind"] == "returned" and entry["error"] for entry in entries)
        for tenant in self.stage.tenants:
            for name, (waiting, working) in self.stage.messages(f"{tenant}--").items():
                if self._is_read(name) and (waiting or (working and not failed)):
                    yield f"{waiting + working} messages in the queue {name}"

    def _is_read(self, queue: str) -> bool:
        if not hasattr(self, "_readers"):
            mappings = self.stage.client("lambda").list_event_source_mappings()["EventSourceMappings"]
            self._readers = {str(m.get("EventSourceArn", "")).rpartition(":")[2] for m in mappings}
        return queue in self._readers

    def _look(self, applied: Model, before: Snapshot) -> None:
        """Note what there is to see after playing."""
        deeds, prefix = self.deeds, self.model.facts.prefix
        self._read_journal(self.stage.stack.journal(self.offset)[0])
        self._read_logs()
        for machine in applied.of("aws_sfn_state_machine"):
            arn = str(machine.values["arn"])
            ends = [self._end(execution) for execution in self._executions(arn)]
            if ends:
                deeds.ended[arn] = ends
        own, others = (
            self.stage.messages(prefix),
            [self.stage.contents(tenant) for tenant in self.stage.tenants],
        )
        dead = {str(arn).rpartition(":")[2] for arn in _dead_letter_queues(applied)}
        deeds.dead_letters = {name: sum(own[name]) for name in sorted(dead & own.keys()) if sum(own[name])}
        after = self.stage.snapshot()
        outside = snapshot.outside(after, prefix)
        deeds.disturbed = snapshot.differences(before, outside)
        if not deeds.lacking:
            mine, theirs = others
            deeds.disturbed += [
                f"changed: {n}, next door" for n in mine.keys() | theirs if mine.get(n) != theirs.get(n)
            ]
        deeds.reaching = list(reaching.policies(after, self.model.facts))

    def _end(self, execution: Mapping[str, Any]) -> str:
        if execution["status"] in ("SUCCEEDED", "RUNNING"):
            return str(execution["status"])
        told = self.stage.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
        return f"{execution['status']}: {told.get('error', '')} {str(told.get('cause', ''))[:200]}".rstrip(
            ": "
        )

    def _read_journal(self, entries: list[dict[str, Any]]) -> None:
        prefix, deeds = self.model.facts.prefix, self.deeds
        for entry in entries:
            if entry["kind"] == "delivered" and f"/{prefix}" in str(entry["rule"]):
                self._delivered(entry)
            elif entry["kind"] == "returned" and f":function:{prefix}" in str(entry["function"]):
                deeds.returned.setdefault(entry["function"], []).append(entry["error"])
            elif entry["kind"] == "denied" and f"/{prefix}" in str(entry["principal"]):
                role = entry["principal"].partition("/")[2].partition("/")[0]
                deeds.refused[Refusal(role, entry["action"], entry["resource"])] += 1
            elif entry["kind"] == "called" and str(entry["destination"]).startswith(prefix):
                deeds.called[str(entry["url"])] += 1

    def _delivered(self, entry: Mapping[str, Any]) -> None:
        self.deeds.fired.add(entry["rule"])
        if entry["fault"]:
            self.deeds.undelivered[entry["rule"], entry["fault"]] += 1
        key = (entry["rule"], entry["event"])
        consumed = self.__dict__.setdefault("_consumed", set())
        if entry["event"] in self.sent and key not in consumed:
            consumed.add(key)
            self.deeds.consumed[self.sent[entry["event"]][1]] += 1

    def _read_logs(self) -> None:
        """Every event that nobody played was emitted by the extension."""
        for tenant in self.stage.tenants:
            for event in self.stage.log(tenant):
                if event["id"] not in self.sent and event["id"] not in self.heard:
                    fault = self._fault(event)
                    self.deeds.emitted[Emitted(tenant, event["source"], event["detail-type"], fault)] += 1

    def _fault(self, event: Mapping[str, Any]) -> str:
        """What is wrong with an emitted event by what the extension says it emits; "" for nothing."""
        from presso.catalog.validation import compiled

        known = self._declared().get(event["detail-type"])
        if known is None:
            return "emits does not name it"
        error = next(iter(compiled(known.schema).iter_errors(event["detail"])), None)
        where = ".".join(["detail", *map(str, error.instance_path)]) if error else ""
        return f"{where}: {error.message}" if error else ""

    def _declared(self) -> dict[str, CatalogEvent]:
        if not hasattr(self, "_events"):
            from presso.catalog.events import Catalog

            found = Catalog.load(self.stage.workspace).events
            self._events = {e.name: e for e in found if e.extension == self.unit.extension}
        return self._events


def _patterns(model: Model) -> Iterator[Pattern]:
    for rule in model.of("aws_cloudwatch_event_rule"):
        try:
            yield Pattern(str(rule.values.get("event_pattern")))
        except PatternError:  # P2-003 says so
            continue


def _lacking(model: Model) -> Iterator[str]:
    """What this machine lacks to run its functions."""
    for function in model.of("aws_lambda_function"):
        runtime = str(function.values.get("runtime"))
        program = next((p for start, p in _RUNTIMES.items() if runtime.startswith(start)), None)
        if program and shutil.which(program) is None:
            yield f"{function.address} has the runtime {runtime}, and {program} is not installed here"
        elif not program and not runtime.startswith("python"):
            yield f"{function.address} has the runtime {runtime}, which the local AWS cannot run"


def _running(entries: list[dict[str, Any]]) -> Iterator[str]:
    ended = {entry["id"] for entry in entries if entry["kind"] == "returned"}
    for entry in entries:
        if entry["kind"] == "invoked" and entry["id"] not in ended:
            yield f"the function {str(entry['function']).rpartition(':')[2]}"


def _dead_letter_queues(model: Model) -> Iterator[Any]:
    for resource in model.managed:
        yield from resource.all("dead_letter_config.arn")
        yield from resource.all("dead_letter_config.target_arn")
        yield from resource.all("target.dead_letter_config.arn")
        for policy in resource.all("redrive_policy"):
            found = re.search(r'"deadLetterTargetArn":\s*"([^"]+)"', str(policy))
            if found:
                yield found[1]
