"""Replays on a tenant's event player: start one, watch its progress, stop it, report the sent events.

What the player can replay is read from the player itself, so that an answer is about the one that is
deployed, even if the checkout has others. The sent events are read from the execution's history.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from presso.errors import PressoError, UsageError
from presso.event_sources import CORE_SOURCE
from presso.interruption import Stopped
from presso.simulation import scenarios
from presso.simulation.scenarios import DEFAULT_NAME, Event

if TYPE_CHECKING:
    from rich.console import Console

MAX_SPEED = 1000
_POLL_SECONDS = 0.3

Progress = Callable[[int, int], None]
"""Called with the number of events sent so far and of all."""
Check = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Replay:
    """What a replay sent, in how many seconds from its start to its end.

    `run` is the first 24 characters of every id in it.
    """

    tenant: str
    scenario: str
    speed: float
    run: str
    sent: int
    detail_types: dict[str, int]
    drinks: dict[str, int]
    seconds: float
    execution_arn: str


@dataclass(frozen=True)
class ReplayProgress:
    """How far a replay is, or came.

    Args:
        arn: The execution's.
        status: As Step Functions names it, such as `RUNNING` or `SUCCEEDED`.
        started: When, in epoch seconds.
        sent: The number of events sent so far, and `total` of all; 0 for a scenario that is gone.
    """

    arn: str
    scenario: str
    speed: float
    status: str
    started: float
    sent: int
    total: int


class Player:
    """A tenant's event player.

    Args:
        client: Makes a boto3 client of a service, such as `client("stepfunctions")`, in the tenant's account
            and region.
        tenant: The tenant's name.
        source: Of events that name none.
    """

    def __init__(self, client: Callable[[str], Any], tenant: str, source: str = CORE_SOURCE) -> None:
        self.tenant = tenant
        self._source = source
        self._client = client
        self._states = client("stepfunctions")
        self._followed: dict[str, _Execution] = {}
        self._ended: dict[str, ReplayProgress] = {}
        self._totals: dict[str, int] = {}

    @cached_property
    def arn(self) -> str:
        """The ARN of the player's state machine, whether it exists or not."""
        partition = self._identity["Arn"].split(":")[1]
        region = self._states.meta.region_name
        return f"arn:{partition}:states:{region}:{self._account}:stateMachine:{self.tenant}--player"

    @property
    def _account(self) -> str:
        return str(self._identity["Account"])

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return dict(self._client("sts").get_caller_identity())

    def scenarios(self) -> list[str]:
        """The names of the scenarios that the player can replay.

        Raises:
            UsageError: The tenant has no player.
            PressoError: AWS cannot be reached or refuses.
        """
        with _reported(f"The player of {self.tenant} cannot be read"):
            try:
                machine = self._states.describe_state_machine(stateMachineArn=self.arn)
            except self._states.exceptions.StateMachineDoesNotExist:
                raise UsageError(
                    f"The tenant {self.tenant} has no player.",
                    hint=f"Set `player: true` in its tenant.yaml; then: presso apply {self.tenant}",
                ) from None
        return sorted(json.loads(machine["definition"])["States"]["Start"]["Assign"]["ranges"])

    def events(self, scenario: str) -> tuple[Event, ...]:
        """What the player sends when it replays a scenario.

        Raises:
            UsageError: The player has no such scenario, or the tenant has no player.
            PressoError: AWS cannot be reached or refuses.
        """
        known = self.scenarios()
        if scenario not in known:
            raise scenarios.unknown(scenario, known, f"on the player of {self.tenant}")
        bucket = f"{self.tenant}--player-{self._account}-{self._states.meta.region_name}"
        with _reported(f"The scenario {scenario} on the player of {self.tenant} cannot be read"):
            found = self._client("s3").get_object(Bucket=bucket, Key=f"{scenario}.json")
            text = found["Body"].read()
        return tuple(_event(row, self._source) for row in json.loads(text)["events"])

    def running(self) -> list[str]:
        """The ARNs of the replays that are running.

        Raises:
            PressoError: AWS cannot be reached or refuses.
        """
        with _reported(f"The replays on {self.tenant} cannot be listed"):
            found = self._states.list_executions(stateMachineArn=self.arn, statusFilter="RUNNING")
        return [str(execution["executionArn"]) for execution in found["executions"]]

    def replays(self, most: int = 5) -> list[ReplayProgress]:
        """The newest replays, and how far each is; none without a player.

        Raises:
            PressoError: AWS cannot be reached or refuses.
        """
        with _reported(f"The replays on {self.tenant} cannot be listed"):
            try:
                found = self._states.list_executions(stateMachineArn=self.arn, maxResults=most)["executions"]
            except self._states.exceptions.StateMachineDoesNotExist:
                return []
            shown = [self._progress(execution) for execution in found]
        self._ended = {each.arn: each for each in shown if each.status != "RUNNING"}
        self._followed = {each.arn: self._followed[each.arn] for each in shown if each.status == "RUNNING"}
        return shown

    def _progress(self, listed: dict[str, Any]) -> ReplayProgress:
        arn = str(listed["executionArn"])
        if arn in self._ended:
            return self._ended[arn]
        if arn not in self._followed:
            given = json.loads(self._states.describe_execution(executionArn=arn).get("input") or "{}")
            self._followed[arn] = _Execution(self._states, arn, given)
        execution = self._followed[arn]
        execution.count()
        name = str(execution.given.get("scenario", ""))
        return ReplayProgress(
            arn=arn,
            scenario=name,
            speed=float(execution.given.get("speed", 1)),
            status=str(listed["status"]),
            started=listed["startDate"].timestamp(),
            sent=execution.sent,
            total=self._total(name),
        )

    def _total(self, scenario: str) -> int:
        if scenario not in self._totals:
            try:
                self._totals[scenario] = len(self.events(scenario))
            except PressoError:  # it has been removed since
                self._totals[scenario] = 0
        return self._totals[scenario]

    def play(
        self,
        scenario: str = DEFAULT_NAME,
        speed: float | str = 1,
        *,
        progress: Progress | None = None,
        check: Check | None = None,
    ) -> Replay:
        """Replay a scenario and wait for its end.

        `check` is called with the scenario's events before anything is sent, and may refuse them by raising.

        Raises:
            UsageError: A bad speed, an unknown scenario, no player: nothing was started.
            PressoError: The replay failed (with its error and cause), or was stopped: by a signal to this
                process, or by another caller.
        """
        rate = checked_speed(speed)
        events = self.events(scenario)
        if check:
            check(events)
        report = progress or (lambda sent, total: None)
        began = time.monotonic()
        with self._started(scenario, rate, len(events)) as execution:
            end = execution.wait(lambda sent: report(sent, len(events)))
        if end["status"] != "SUCCEEDED":
            raise self._failure(scenario, execution, end, len(events))
        counts = scenarios.counts(events[: execution.sent])
        return Replay(
            tenant=self.tenant,
            scenario=scenario,
            speed=rate,
            run=json.loads(end["output"])["run"],
            sent=execution.sent,
            detail_types=counts.detail_types,
            drinks=counts.drinks,
            seconds=round(time.monotonic() - began, 1),
            execution_arn=execution.arn,
        )

    @contextmanager
    def _started(self, scenario: str, speed: float, total: int) -> Iterator[_Execution]:
        """A replay, which goes on only while this is entered."""
        execution = _Execution(self._states, self._start(scenario, speed))
        try:
            with _reported(f"The replay of {scenario} on {self.tenant} cannot be followed"):
                yield execution
        except Stopped:
            execution.stop()
            raise PressoError(
                f"Stopped the replay of {scenario} on {self.tenant} after {execution.sent} of {total} events."
            ) from None
        except BaseException:
            execution.stop()
            raise

    def _start(self, scenario: str, speed: float) -> str:
        request = {"scenario": scenario, "speed": int(speed) if speed == int(speed) else speed}
        with _reported(f"The replay of {scenario} on {self.tenant} cannot be started"):
            started = self._states.start_execution(stateMachineArn=self.arn, input=json.dumps(request))
        return str(started["executionArn"])

    def _failure(self, scenario: str, execution: _Execution, end: dict[str, Any], total: int) -> PressoError:
        what = f"The replay of {scenario} on {self.tenant}"
        how_far = f"after {execution.sent} of {total} events"
        if end["status"] == "ABORTED":
            return PressoError(f"{what} was stopped by another caller {how_far}.")
        why = f"{end.get('error', end['status'])}: {_cause(end.get('cause', ''))}"
        return PressoError(f"{what} failed {how_far}: {why}", hint=f"The execution: {execution.arn}")


def play(
    player: Player, scenario: str, speed: float | str, console: Console, check: Check | None = None
) -> Replay:
    """Replay a scenario with a progress bar on the console, which is gone afterwards.

    `check` is what `Player.play` takes.

    Raises:
        UsageError, PressoError: As `Player.play`.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    title = f"{player.tenant}: {scenario} at speed {checked_speed(speed):g}"
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("events"),
        TimeElapsedColumn(),
    )
    # Where nothing can be taken back, such as in a file, a bar would leave an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        return player.play(
            scenario,
            speed,
            progress=lambda sent, total: bar.update(task, completed=sent, total=total),
            check=check,
        )


def checked_speed(speed: float | str) -> float:
    """The speed as a number.

    Raises:
        UsageError: It is not a number above 0 and at most 1,000.
    """
    try:
        number = float(speed)
    except ValueError:
        number = math.nan
    if not 0 < number <= MAX_SPEED:
        raise UsageError(
            f"The speed must be a number above 0 and at most {MAX_SPEED}, not {speed}.",
            hint="1 is the scenario's own speed; 60 plays a minute in a second.",
        )
    return number


class _Execution:
    """A running replay, followed by its history."""

    def __init__(self, states: Any, arn: str, given: dict[str, Any] | None = None) -> None:
        self.arn = arn
        self.given = given or {}
        self.sent = 0
        self._states = states
        self._read_to = 0

    def wait(self, report: Callable[[int], None]) -> dict[str, Any]:
        """Wait for the end, reporting the number of events sent; the execution's description."""
        while True:
            # Asked first, so that the history read after it is whole.
            description: dict[str, Any] = self._states.describe_execution(executionArn=self.arn)
            self.count()
            report(self.sent)
            if description["status"] != "RUNNING":
                return description
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the execution, unless it has ended."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._states.stop_execution(
                executionArn=self.arn, error="Stopped", cause="Stopped by presso play."
            )
            self.count()
        except (BotoCoreError, ClientError):
            # It ended meanwhile, or is not reachable: the last known values are reported.
            return

    def count(self) -> None:
        """Add what was sent since the last time; the newest comes first in what is read."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self.arn, reverseOrder=True, maxResults=1000
        )
        newest = self._read_to
        for page in pages:
            for event in page["events"]:
                if event["id"] <= self._read_to:
                    self._read_to = newest
                    return
                newest = max(newest, event["id"])
                if event["type"] == "TaskSucceeded":
                    self.sent += _entries(event["taskSucceededEventDetails"].get("output", "{}"))
        self._read_to = newest


def _entries(output: str) -> int:
    return len(json.loads(output).get("Entries", []))


def _cause(cause: str) -> str:
    """A failure's cause for people; of failed entries, their errors instead of the whole response."""
    try:
        entries = json.loads(cause)["Entries"]
        errors = {
            f"{entry['ErrorCode']}: {entry['ErrorMessage']}" for entry in entries if "ErrorCode" in entry
        }
    except (ValueError, LookupError, TypeError):
        return cause
    return "; ".join(sorted(errors)) or cause


def _event(row: dict[str, Any], source: str) -> Event:
    return Event(row["at"], row["detail-type"], row["detail"], row.get("source", source), row.get("late", 0))


@contextmanager
def _reported(what: str) -> Iterator[None]:
    """Turn a fault of AWS, or of the way there, into an error that a person can read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PressoError(f"{what}: {error}") from error
