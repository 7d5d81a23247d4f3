"""What `presso play` asks of a player and what it prints; tests/modules/event-player plays on a real one."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from presso.errors import PressoError, UsageError
from presso.interruption import Stopped
from presso.simulation import player
from presso.simulation.player import Player

ARN = "arn:aws:states:us-east-1:111111111111:stateMachine:nyc--player"
TYPES = [
    "Validator.NewOrder",
    "OrderManager.WaitingCompletion",
    "OrderManager.WaitingCompletion",
    "X.Y",
]
DRINKS = ["", "Espresso", "Americano", ""]


def row(at: int) -> dict[str, Any]:
    detail = {"TS": "{at}", "orderId": f"{{run}}{at}", "drinkOrder": {"drink": DRINKS[at]}}
    return {"at": at, "detail-type": TYPES[at], "detail": detail}


DEFINITION = {"States": {"Start": {"Type": "Pass", "Assign": {"ranges": {"short": ["bytes=0-9"]}}}}}


class Bucket:
    """S3 with the object of one scenario."""

    def __init__(self, states: "States") -> None:
        self.states = states

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self.states.fail("get_object")
        assert (Bucket, Key) == ("nyc--player-111111111111-us-east-1", "short.json")
        return {"Body": io.BytesIO(json.dumps({"events": [row(at) for at in range(4)]}).encode())}


class States:
    """Step Functions with one execution, whose history grows by a step at each look at it."""

    class meta:
        region_name = "us-east-1"

    class exceptions:
        class StateMachineDoesNotExist(Exception):
            pass

    def __init__(self, steps: list[int], end: dict[str, Any] | None = None) -> None:
        self.steps = steps
        self.end = end or {"status": "SUCCEEDED", "output": '{"run": "r"}'}
        self.history: list[dict[str, Any]] = [{"id": 1, "type": "ExecutionStarted"}]
        self.inputs: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.read: list[int] = []
        self.faults: dict[str, BaseException] = {}

    def fail(self, name: str) -> None:
        if name in self.faults:
            raise self.faults[name]

    def describe_state_machine(self, stateMachineArn: str) -> dict[str, Any]:
        self.fail("describe_state_machine")
        assert stateMachineArn == ARN
        return {"definition": json.dumps(DEFINITION)}

    def start_execution(self, stateMachineArn: str, input: str) -> dict[str, Any]:
        self.fail("start_execution")
        assert stateMachineArn == ARN
        self.inputs.append(json.loads(input))
        return {"executionArn": "execution"}

    def list_executions(self, stateMachineArn: str, maxResults: int) -> dict[str, Any]:
        self.fail("list_executions")
        assert (stateMachineArn, maxResults) == (ARN, 5)
        status = "RUNNING" if self.steps else self.end["status"]
        listed = {
            "executionArn": "execution",
            "status": status,
            "startDate": datetime(2026, 1, 1, tzinfo=UTC),
        }
        return {"executions": [listed]}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:
        self.fail("describe_execution")
        if not self.steps:
            return {**self.end, "input": '{"scenario": "short", "speed": 2}'}
        output = json.dumps({"Entries": [{}] * self.steps.pop(0)})
        for kind in ("TaskScheduled", "TaskSucceeded"):
            details = {"taskSucceededEventDetails": {"output": output}} if kind == "TaskSucceeded" else {}
            self.history.append({"id": len(self.history) + 1, "type": kind, **details})
        return {"status": "RUNNING", "input": '{"scenario": "short", "speed": 2}'}

    def stop_execution(self, executionArn: str, error: str, cause: str) -> None:
        self.stopped.append(executionArn)

    def get_paginator(self, name: str) -> "States":
        assert name == "get_execution_history"
        return self

    def paginate(self, executionArn: str, reverseOrder: bool, maxResults: int) -> Iterator[dict[str, Any]]:
        assert reverseOrder
        for event in reversed(list(self.history)):
            self.read.append(event["id"])
            yield {"events": [event]}


class Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:root"}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "_POLL_SECONDS", 0)


def on(states: States) -> Player:
    return Player(
        lambda service: {"stepfunctions": states, "sts": Sts(), "s3": Bucket(states)}[service], "nyc"
    )


def fault(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Anything")


def test_a_replay_reports_what_was_sent() -> None:
    replay = on(States([1, 2, 1])).play("short", 2)
    assert (replay.tenant, replay.scenario, replay.speed, replay.run) == ("nyc", "short", 2, "r")
    assert replay.sent == 4
    assert replay.detail_types == {"OrderManager.WaitingCompletion": 2, "Validator.NewOrder": 1, "X.Y": 1}
    assert replay.drinks == {"Americano": 1, "Espresso": 1}
    assert replay.execution_arn == "execution"


def test_progress_is_reported_as_events_are_sent() -> None:
    reported: list[tuple[int, int]] = []
    on(States([1, 2, 1])).play("short", progress=lambda sent, total: reported.append((sent, total)))
    assert reported == [(1, 4), (3, 4), (4, 4), (4, 4)]


def test_running_replays_are_listed_with_their_progress_and_ended_ones_are_read_once() -> None:
    states = States([1, 2])
    looking = on(states)
    [replay] = looking.replays()
    assert (replay.scenario, replay.speed, replay.status) == ("short", 2, "RUNNING")
    assert (replay.sent, replay.total) == (1, 4)
    states.describe_execution("execution")  # two more are sent
    [ended] = looking.replays()
    assert (ended.status, ended.sent, ended.total) == ("SUCCEEDED", 3, 4)
    states.faults["describe_execution"] = fault("Throttled")
    read = len(states.read)
    assert looking.replays() == [ended]
    assert len(states.read) == read


def test_a_tenant_without_player_has_no_replays() -> None:
    states = States([])
    states.faults["list_executions"] = States.exceptions.StateMachineDoesNotExist()
    assert on(states).replays() == []
    states.faults["list_executions"] = fault("AccessDenied")
    with pytest.raises(PressoError, match="replays on nyc cannot be listed"):
        on(states).replays()


def test_the_history_is_never_read_again_from_its_start() -> None:
    states = States([1] * 4)
    on(states).play("short")
    assert len(states.read) <= 2 * len(states.history)


@pytest.mark.parametrize(("speed", "sent"), [(60, 60), ("60", 60), (0.5, 0.5), (1.0, 1)])
def test_the_player_is_given_scenario_and_speed(speed: float | str, sent: float) -> None:
    states = States([])
    on(states).play("short", speed)
    assert states.inputs == [{"scenario": "short", "speed": sent}]


@pytest.mark.parametrize("speed", [0, -1, "fast", "", 1000.1, "nan", "inf"])
def test_a_bad_speed_is_refused_before_anything_starts(speed: float | str) -> None:
    states = States([])
    with pytest.raises(UsageError, match="The speed must be a number above 0 and at most 1000"):
        on(states).play("short", speed)
    assert states.inputs == []


def test_an_unknown_scenario_is_refused_before_anything_starts() -> None:
    states = States([])
    with pytest.raises(UsageError) as refused:
        on(states).play("shrot")
    assert "no scenario 'shrot' on the player of nyc" in refused.value.message
    assert "Did you mean short?" in refused.value.hint
    assert states.inputs == []


def test_the_error_for_a_tenant_without_player_states_what_to_do() -> None:
    states = States([])
    states.faults["describe_state_machine"] = States.exceptions.StateMachineDoesNotExist()
    with pytest.raises(UsageError) as refused:
        on(states).play("short")
    assert refused.value.message == "The tenant nyc has no player."
    assert "presso apply nyc" in refused.value.hint


@pytest.mark.parametrize(
    "call", ["describe_state_machine", "get_object", "start_execution", "describe_execution"]
)
@pytest.mark.parametrize("error", [fault("AccessDenied"), EndpointConnectionError(endpoint_url="http://x")])
def test_a_fault_of_aws_is_an_error_for_people(call: str, error: Exception) -> None:
    states = States([1])
    states.faults[call] = error
    with pytest.raises(PressoError, match="nyc"):
        on(states).play("short")


def test_the_error_of_a_failed_replay_has_its_cause_and_how_far_it_came() -> None:
    end = {"status": "FAILED", "error": "States.Runtime", "cause": "Something broke."}
    with pytest.raises(PressoError) as failed:
        on(States([1, 2], end)).play("short")
    assert "failed after 3 of 4 events: States.Runtime: Something broke." in failed.value.message
    assert failed.value.exit_code == 1


def test_a_failed_entry_is_reported_with_its_own_error() -> None:
    entries = [{"EventId": "1"}, {"ErrorCode": "NotAuthorized", "ErrorMessage": "Not your source."}]
    cause = json.dumps({"FailedEntryCount": 1, "Entries": entries})
    end = {"status": "FAILED", "error": "EventBridge.FailedEntry", "cause": cause}
    with pytest.raises(PressoError) as failed:
        on(States([], end)).play("short")
    assert failed.value.message.endswith("EventBridge.FailedEntry: NotAuthorized: Not your source.")


def test_a_replay_that_a_user_stops_is_not_a_success() -> None:
    with pytest.raises(PressoError, match="was stopped by another caller after 1 of 4 events"):
        on(States([1], {"status": "ABORTED"})).play("short")


def test_a_stop_ends_the_replay_and_prints_how_far_it_came() -> None:
    states = States([1, 2])

    def interrupt(sent: int, total: int) -> None:
        if sent == 3:
            raise Stopped

    with pytest.raises(PressoError) as stopped:
        on(states).play("short", progress=interrupt)
    assert states.stopped == ["execution"]
    assert "Stopped the replay of short on nyc after 3 of 4 events." in stopped.value.message


def test_no_replay_goes_on_behind_an_error() -> None:
    states = States([1])

    def broken(sent: int, total: int) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        on(states).play("short", progress=broken)
    assert states.stopped == ["execution"]


def test_the_progress_bar_is_gone_afterwards_and_nothing_else_is_written() -> None:
    text = io.StringIO()
    replay = player.play(on(States([1, 3])), "short", 5, Console(file=text, force_terminal=False))
    assert replay.sent == 4
    assert text.getvalue() == ""
