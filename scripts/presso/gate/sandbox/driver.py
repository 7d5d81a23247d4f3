"""Plays to an extension: puts events on the buses, starts its schedules, and waits until all is idle."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from event_patterns.operators import PatternError
from event_patterns.pattern import Pattern
from presso.catalog.patterns import pattern_in
from presso.gate.model import Model, Resource
from presso.gate.run_record import RunRecord
from presso.gate.sandbox import sample_events
from presso.gate.sandbox.sandbox_environment import SandboxEnvironment

if TYPE_CHECKING:
    from presso.catalog.events import CatalogEvent

PLAY_SECONDS = 8.0
MOST_SECONDS = 60.0
_QUIET_SECONDS = 0.5
_BATCH = 10


@dataclass
class Driver:
    """The events played to an extension.

    Args:
        environment: The environment with the extension.
        model: The extension as applied.
        record: The record of played events, and of work that does not end.
        offset: The journal's offset at which its time begins.
        seconds: How long work may go on without progress.
        sent: The detail-type of each played event, by id.
    """

    environment: SandboxEnvironment
    model: Model
    record: RunRecord
    offset: int
    seconds: float
    sent: dict[str, str] = field(default_factory=dict)

    def play(self) -> None:
        """Put the events on both buses, then start its schedules.

        On both, because the neighbours' results are compared.
        """
        played = sample_events.events(
            self.environment.stack.checkout,
            self.model.catalog,
            self.model.facts,
            self.model.metadata.consumes if self.model.metadata else [],
            list(_patterns(self.model)),
        )
        self.record.played = Counter(event.name for event, _ in played)
        for tenant in self.environment.tenants:
            for begin in range(0, len(played), _BATCH):
                self._put(tenant, played[begin : begin + _BATCH])
        self._await_quiet()
        schedules = list(self.model.of("aws_scheduler_schedule"))
        self.record.scheduled = [self._started(schedule) for schedule in schedules]
        if schedules and not self.record.unfinished:
            self._await_quiet()

    def _put(self, tenant: str, batch: list[tuple[CatalogEvent, dict[str, Any]]]) -> None:
        entries = [
            {
                "EventBusName": tenant,
                "Source": event.source,
                "DetailType": event.name,
                "Detail": json.dumps(sample_events.of_tenant(detail, tenant)),
            }
            for event, detail in batch
        ]
        answers = self.environment.client("events").put_events(Entries=entries)["Entries"]
        for (event, _), answer in zip(batch, answers, strict=True):
            self.sent[answer["EventId"]] = event.name

    def _started(self, schedule: Resource) -> str:
        """Start the target of a schedule; return a sentence about it."""
        from botocore.exceptions import ClientError

        name = str(schedule.get("name")).rpartition("--")[2]
        what = f"{name} ({schedule.get('schedule_expression')})"
        try:
            started = self._start(schedule)
        except ClientError as error:
            self.record.undelivered[str(schedule.get("arn")), str(error)] += 1
            return f"{what}: could not be started"
        return f"{what}: {'started once manually' if started else 'recorded, not started'}"

    def _start(self, schedule: Resource) -> bool:
        arn, given = str(schedule.get("target.arn")), _input(schedule)
        service, client = arn.split(":")[2], self.environment.client
        if service == "lambda":
            client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=given)
        elif service == "states":
            client("stepfunctions").start_execution(stateMachineArn=arn, input=given)
        elif service == "sqs":
            url = client("sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            group = schedule.get("target.sqs_parameters.message_group_id")
            of_group = {"MessageGroupId": group} if group else {}
            client("sqs").send_message(QueueUrl=url, MessageBody=given, **of_group)
        else:
            return False
        return True

    def _await_quiet(self) -> None:
        """Wait until nothing runs and no event arrives any more; at most as long as there is progress.

        Only seconds in which the local AWS could run count: a busy machine must not change the result.
        """
        patience = self.environment.stack.patience()
        since = moved = quiet = patience.seconds()
        seen: tuple[object, ...] = ()
        entries, offset = list[dict[str, Any]](), self.offset
        while True:
            new, offset = self.environment.stack.journal(offset)
            entries += new
            waiting = [*_running(entries), *self._executing(), *self._queued(entries)]
            now = patience.seconds()
            if (offset, *waiting) != seen:
                seen, moved = (offset, *waiting), now
            if waiting or moved == now:
                quiet = now
            if exceeded := list(_exceeded(entries)) or self.environment.stack.overfull():
                self.record.unfinished = exceeded
                return
            if now - quiet > _QUIET_SECONDS:
                return
            if now - moved > self.seconds or now - since > MOST_SECONDS:
                self.record.unfinished = waiting or ["new events without end"]
                return
            time.sleep(0.1)

    def _executing(self) -> Iterator[str]:
        for machine in self.model.of("aws_sfn_state_machine"):
            for execution in self.environment.executions(str(machine.values["arn"])):
                if execution["status"] == "RUNNING":
                    yield f"an execution of {machine.address}"

    def _queued(self, entries: list[dict[str, Any]]) -> Iterator[str]:
        """Queues with messages; those that a function failed on return only after minutes."""
        failed = any(entry["kind"] == "returned" and entry["error"] for entry in entries)
        for tenant in self.environment.tenants:
            queues = self.environment.messages(f"{tenant}--", self._read.__contains__)
            for name, (waiting, working) in queues.items():
                if waiting or (working and not failed):
                    yield f"{waiting + working} messages in the queue {name}"

    @cached_property
    def _read(self) -> set[str]:
        """The queues that a function or a pipe reads."""
        pages = self.environment.client("lambda").get_paginator("list_event_source_mappings").paginate()
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        sources = [mapping.get("EventSourceArn", "") for mapping in mappings]
        sources += [pipe["Source"] for pipe in self.environment.client("pipes").list_pipes()["Pipes"]]
        return {str(source).rpartition(":")[2] for source in sources}


def _patterns(model: Model) -> Iterator[Pattern]:
    for rule in model.of("aws_cloudwatch_event_rule"):
        try:
            yield pattern_in(str(rule.values.get("event_pattern")))
        except PatternError:  # P2-003 reports it
            continue


def _input(schedule: Resource) -> str:
    """The input of a schedule's target, with the scheduler's context attributes filled in.

    Keywords: EventBridge Scheduler user guide, "Adding context attributes".
    """
    # A day later: a nightly summary then covers the played events.
    known = {
        "scheduled-time": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "schedule-arn": str(schedule.get("arn")),
        "execution-id": "b1b2c3d4-5678-90ab-cdef-111111111111",
        "attempt-number": "1",
    }
    text = str(schedule.get("target.input") or "{}")
    for name, value in known.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _running(entries: list[dict[str, Any]]) -> Iterator[str]:
    ended = {entry["id"] for entry in entries if entry["kind"] == "returned"}
    for entry in entries:
        if entry["kind"] == "invoked" and entry["id"] not in ended:
            yield f"the function {str(entry['function']).rpartition(':')[2]}"


def _exceeded(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Why functions were stopped."""
    for entry in entries:
        if entry["kind"] == "exceeded":
            yield f"its functions took more than {entry['most']} of {entry['what']} together and were stopped"
