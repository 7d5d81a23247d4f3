"""Executions end as they do on AWS; the emulator alone lets them go on.

Whether something does not happen is seen when another execution, which started later and waits as long, has
come to its end.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.patience import PATIENCE

from presso.processes import wait_until

Aws = Callable[[str], Any]
State = dict[str, Any]

ROLE = "arn:aws:iam::111111111111:role/player"
WAIT: State = {"Type": "Wait", "Seconds": 2}
FAIL: State = {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}


def put(number: int) -> State:
    """A state that sends an event with this number."""
    entry = {"Source": "cafe", "DetailType": "Order", "Detail": {"id": number}, "EventBusName": "nyc"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": [entry]},
        "Output": {},
    }


def steps(*states: State) -> dict[str, Any]:
    """These states one after the other."""
    named = {str(number): dict(state) for number, state in enumerate(states)}
    for number, (name, state) in enumerate(named.items()):
        if state["Type"] not in ("Fail", "Succeed"):
            state.update({"End": True} if number == len(named) - 1 else {"Next": str(int(name) + 1)})
    return {"StartAt": "0", "States": named}


def each(items: list[Any], *states: State, **more: Any) -> State:
    """A map over these items, one at a time."""
    return {"Type": "Map", "Items": items, "MaxConcurrency": 1, "ItemProcessor": steps(*states), **more}


def parallel(*branches: dict[str, Any]) -> State:
    return {"Type": "Parallel", "Branches": list(branches)}


def start(aws: Aws, *states: State, name: str = "m") -> str:
    """The ARN of an execution of a new state machine with these states."""
    definition = json.dumps({"QueryLanguage": "JSONata", **steps(*states)})
    machine = aws("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=ROLE)
    started = aws("stepfunctions").start_execution(stateMachineArn=machine["stateMachineArn"])
    return str(started["executionArn"])


def describe(aws: Aws, execution: str) -> Any:
    return aws("stepfunctions").describe_execution(executionArn=execution)


def end(aws: Aws, execution: str) -> Any:
    """The description of an execution when it has ended."""
    assert wait_until(lambda: describe(aws, execution)["status"] != "RUNNING", PATIENCE)
    return describe(aws, execution)


def history(aws: Aws, execution: str) -> list[str]:
    """The types of all events of an execution."""
    found = aws("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return [event["type"] for event in found]


def stop(aws: Aws, execution: str, *, when: str = "StateEntered", waits: int = 1) -> None:
    """Stop an execution that has begun, and let more time pass than it would have waited."""
    assert wait_until(lambda: any(when in event for event in history(aws, execution)), PATIENCE)
    aws("stepfunctions").stop_execution(executionArn=execution, error="Stopped", cause="by a test")
    end(aws, start(aws, *[WAIT] * waits, name="clock"))


def listen(aws: Aws) -> Callable[[], list[int]]:
    """Make the bus; return what returns the numbers of the events sent on it."""
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("events").create_event_bus(Name="nyc")
    aws("events").put_rule(Name="r", EventBusName="nyc", EventPattern='{"source": ["cafe"]}')
    aws("events").put_targets(Rule="r", EventBusName="nyc", Targets=[{"Id": "t", "Arn": arn}])

    def heard() -> list[int]:
        found = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return sorted(json.loads(message["Body"])["detail"]["id"] for message in found)

    return heard


def stops_a_map(aws: Aws) -> bool:
    heard = listen(aws)
    stop(aws, start(aws, each([1, 2, 3], WAIT, put(1)), put(2)), when="MapStateEntered")
    return heard() == []


def stays_aborted(aws: Aws) -> bool:
    execution = start(aws, parallel(steps(WAIT, FAIL)))
    stop(aws, execution)
    found = describe(aws, execution)
    return (found["status"], found.get("error"), found.get("cause")) == ("ABORTED", "Stopped", "by a test")


def writes_nothing_behind_the_end(aws: Aws) -> bool:
    listen(aws)
    execution = start(aws, each([1], WAIT, put(1)))
    stop(aws, execution)
    return history(aws, execution)[-1] == "ExecutionAborted"


def stops_the_items_after_a_failed_one(aws: Aws) -> bool:
    heard = listen(aws)
    choice = {"Condition": "{% $states.input = 2 %}", "Next": "1"}
    item = steps({"Type": "Choice", "Choices": [choice], "Default": "2"}, put(2), FAIL)
    items = {"Type": "Map", "Items": [1, 2, 2], "MaxConcurrency": 1, "ItemProcessor": item}
    del item["States"]["0"]["Next"], item["States"]["1"]["Next"]
    item["States"]["1"]["End"] = True
    found = end(aws, start(aws, items))
    return (found["status"], found["error"], heard()) == ("FAILED", "Broken", [])


def stops_the_branches_beside_a_failed_one(aws: Aws) -> bool:
    heard = listen(aws)
    found = end(aws, start(aws, parallel(steps(FAIL), steps(WAIT, put(1)))))
    return (found["status"], found["error"], heard()) == ("FAILED", "Broken", [])


def aborts_what_it_runs_in_a_task(aws: Aws) -> bool:
    start(aws, WAIT, WAIT, name="inner")
    inner = aws("stepfunctions").list_state_machines()["stateMachines"][0]["stateMachineArn"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": inner, "Input": {}, "Name": "child"},
    }
    outer = start(aws, task, name="outer")
    child = inner.replace(":stateMachine:", ":execution:") + ":child"
    assert wait_until(lambda: running(aws, child), PATIENCE)
    stop(aws, outer, waits=2)
    return bool(describe(aws, child)["status"] == "ABORTED")


def running(aws: Aws, execution: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        return bool(describe(aws, execution)["status"] == "RUNNING")
    except ClientError:
        return False


def aborts_a_map_run(aws: Aws) -> bool:
    items = each([1, 2], WAIT, WAIT)
    items["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    items.pop("Items")  # those of the input, which the emulator alone takes too
    given = {"Type": "Pass", "Output": [1, 2]}
    execution = start(aws, given, items)
    stop(aws, execution, when="MapStateEntered", waits=2)
    states = aws("stepfunctions")
    (run,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    run = states.describe_map_run(mapRunArn=run["mapRunArn"])
    return (run["status"], run["itemCounts"]["running"]) == ("ABORTED", 0)


def waiting(seconds: Any) -> State:
    """A state that sends an event and waits as long for its token."""
    return {**put(1), "Resource": f"{put(1)['Resource']}.waitForTaskToken", "TimeoutSeconds": seconds}


def waits_for_a_token_as_long_as_an_expression_gives(aws: Aws) -> bool:
    listen(aws)
    return bool(end(aws, start(aws, waiting("{% 1 + 0 %}"))).get("error") == "States.Timeout")


FILLED: dict[str, Callable[[Aws], bool]] = {
    "a task waits as long as an expression gives": waits_for_a_token_as_long_as_an_expression_gives,
    "stopping ends a map": stops_a_map,
    "what was aborted stays aborted": stays_aborted,
    "the history ends with the end": writes_nothing_behind_the_end,
    "a failed item stops those after it": stops_the_items_after_a_failed_one,
    "a failed branch stops those beside it": stops_the_branches_beside_a_failed_one,
    "stopping ends what a task runs": aborts_what_it_runs_in_a_task,
    "stopping ends a distributed map": aborts_a_map_run,
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(aws: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert behaves(aws)


@pytest.mark.slow
@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(aws_alone: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert not behaves(aws_alone)


class TestStopping:
    def test_is_not_waiting_for_the_end_of_a_wait(self, aws: Aws) -> None:
        execution = start(aws, each([1], {"Type": "Wait", "Seconds": 3600}))
        assert wait_until(lambda: "MapStateEntered" in history(aws, execution), PATIENCE)
        aws("stepfunctions").stop_execution(executionArn=execution)
        assert describe(aws, execution)["status"] == "ABORTED"

    def test_one_execution_leaves_the_others_alone(self, aws: Aws) -> None:
        heard = listen(aws)
        first = start(aws, each([1], WAIT, put(1)), name="first")
        second = start(aws, each([1, 2], WAIT, put(2)), name="second")
        stop(aws, first)
        assert end(aws, second)["status"] == "SUCCEEDED"
        assert heard() == [2, 2]

    def test_an_execution_leaves_alone_what_it_only_started(self, aws: Aws) -> None:
        heard = listen(aws)
        inner = start(aws, WAIT, WAIT, put(1), name="inner")
        machine = inner.replace(":execution:", ":stateMachine:").rpartition(":")[0]
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Arguments": {"StateMachineArn": machine, "Input": {}, "Name": "child"},
        }
        outer = start(aws, task, WAIT, WAIT, WAIT, name="outer")
        stop(aws, outer, when="TaskSucceeded")
        child = machine.replace(":stateMachine:", ":execution:") + ":child"
        assert end(aws, child)["status"] == "SUCCEEDED"
        assert end(aws, inner)["status"] == "SUCCEEDED"
        assert heard() == [1, 1]


class TestAFailedItem:
    def test_can_be_caught_and_the_execution_goes_on(self, aws: Aws) -> None:
        heard = listen(aws)
        catch = {"Catch": [{"ErrorEquals": ["Broken"], "Next": "1"}]}
        assert end(aws, start(aws, each([1, 2], FAIL, **catch), put(2)))["status"] == "SUCCEEDED"
        assert heard() == [2]

    def test_is_tried_again_with_all_others(self, aws: Aws) -> None:
        heard = listen(aws)
        retry = {"Retry": [{"ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 1}]}
        assert end(aws, start(aws, each([1], put(1), FAIL, **retry)))["error"] == "Broken"
        assert heard() == [1, 1]

    def test_that_fails_in_a_map_within_a_map_fails_both(self, aws: Aws) -> None:
        heard = listen(aws)
        found = end(aws, start(aws, each([1, 2], each([1, 2], put(1), FAIL)), put(2)))
        assert (found["status"], found["error"]) == ("FAILED", "Broken")
        assert heard() == [1]


class TestWhatStays:
    def test_a_failed_item_of_a_distributed_map_leaves_the_others_alone(self, aws: Aws) -> None:
        heard = listen(aws)
        choice = {"Condition": "{% $states.input = 1 %}", "Next": "Broken"}
        first = {"Type": "Choice", "Choices": [choice], "Default": "Put"}
        items = {
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Which",
                "States": {"Which": first, "Broken": FAIL, "Put": {**put(2), "End": True}},
            },
        }
        found = end(aws, start(aws, {"Type": "Pass", "Output": [1, 2]}, items))
        assert found["error"] == "States.ExceedToleratedFailureThreshold"
        assert heard() == [2]


def test_the_events_of_a_history_are_numbered_one_by_one(aws: Aws) -> None:
    items = each(list(range(40)), put(1))
    listen(aws)
    execution = start(aws, {**items, "MaxConcurrency": 0})
    assert end(aws, execution)["status"] == "SUCCEEDED"
    found = aws("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    assert [event["id"] for event in found] == list(range(1, len(found) + 1))
