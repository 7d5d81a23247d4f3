"""Distributed maps whose fields are expressions in JSONata."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.presso.local_aws.emulator_patches.test_executions import FAIL, end, start, steps

Aws = Callable[[str], Any]

PASS = {"Type": "Pass", "Output": "{% $states.input %}"}
GIVEN = {"Type": "Pass", "Output": {"sizes": [1, 2, 3], "factor": 10, "most": 2}}


def distributed(*states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A distributed map whose items pass these states."""
    processor = steps(*states)
    processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"Type": "Map", "ItemProcessor": processor, **fields}


def output(aws: Aws, *states: dict[str, Any]) -> Any:
    """What an execution of these states ends with."""
    found = end(aws, start(aws, *states))
    assert found["status"] == "SUCCEEDED", found
    return json.loads(found["output"])


def takes_its_items_from_an_expression(aws: Aws) -> bool:
    return bool(output(aws, GIVEN, distributed(PASS, Items="{% $states.input.sizes %}")) == [1, 2, 3])


FILLED: dict[str, Callable[[Aws], bool]] = {
    "a distributed map takes its items from an expression": takes_its_items_from_an_expression
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(aws: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert behaves(aws)


@pytest.mark.slow
@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(aws_alone: Aws, behaves: Callable[[Aws], bool]) -> None:
    assert not behaves(aws_alone)


def test_each_item_is_what_the_selector_makes_of_it_and_the_output_sees_the_results(aws: Aws) -> None:
    selector = {
        "size": "{% $states.context.Map.Item.Value * $states.input.factor %}",
        "number": "{% $states.context.Map.Item.Index %}",
    }
    found = output(
        aws,
        GIVEN,
        distributed(
            PASS,
            Items="{% $states.input.sizes %}",
            ItemSelector=selector,
            MaxConcurrency="{% $states.input.most %}",
            Output={"sizes": "{% $states.result.size %}", "numbers": "{% $states.result.number %}"},
        ),
    )
    assert found == {"sizes": [10, 20, 30], "numbers": [0, 1, 2]}


def test_what_it_assigns_is_there_for_the_next_state(aws: Aws) -> None:
    items = distributed(PASS, Items=[1, 2], Assign={"sum": "{% $sum($states.result) %}"})
    assert output(aws, items, {"Type": "Pass", "Output": "{% $sum %}"}) == 3


def test_it_reads_the_object_that_an_expression_names(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="drinks")
    aws("s3").put_object(Bucket="drinks", Key="menu.json", Body=b'["tea", "water"]')
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Arguments": {"Bucket": "drinks", "Key": "{% $states.input.name & '.json' %}"},
    }
    named = {"Type": "Pass", "Output": {"name": "menu"}}
    assert output(aws, named, distributed(PASS, ItemReader=reader)) == ["tea", "water"]


def test_failed_items_are_tolerated_up_to_the_number_of_an_expression(aws: Aws) -> None:
    tolerant = distributed(FAIL, Items=[1, 2], ToleratedFailureCount="{% $states.input.most %}")
    assert end(aws, start(aws, GIVEN, tolerant))["status"] == "SUCCEEDED"
    found = end(aws, start(aws, GIVEN, distributed(FAIL, Items="{% $states.input.sizes %}"), name="strict"))
    assert (found["status"], found["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")


def test_items_that_are_not_a_list_fail_the_execution_with_the_reason(aws: Aws) -> None:
    found = end(aws, start(aws, GIVEN, distributed(PASS, Items="{% $states.input.factor %}")))
    assert found["error"] == "States.QueryEvaluationError"
    assert "'Items'" in found["cause"]
