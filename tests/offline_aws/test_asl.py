import json
from typing import Any

import pytest

from offline_aws.asl import definition


def machine(**states: Any) -> str:
    return json.dumps({"StartAt": "A", "States": states})


@pytest.mark.parametrize(
    "text",
    [
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Succeed"}),
        machine(
            A={
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "B"}],
                "Default": "C",
            },
            B={"Type": "Fail"},
            C={"Type": "Wait", "Seconds": 1, "End": True},
        ),
        machine(
            A={
                "Type": "Map",
                "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
                "End": True,
            }
        ),
        machine(
            A={
                "Type": "Task",
                "Resource": "arn:aws:states:::events:putEvents",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
                "End": True,
            },
            B={"Type": "Fail"},
        ),
    ],
    ids=["pass", "choice", "map", "catch"],
)
def test_a_right_definition_passes(text: str) -> None:
    assert definition(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "invalid JSON"),
        ("[]", "INVALID_JSON_DESCRIPTION"),
        ("{}", "at least one state"),
        (json.dumps({"StartAt": "Z", "States": {"A": {"Type": "Succeed"}}}), "StartAt 'Z'"),
        (machine(A={"Type": "Pass"}), "exactly one of Next and End at /States/A"),
        (machine(A={"Type": "Pass", "Next": "A", "End": True}), "exactly one of Next and End"),
        (machine(A={"Type": "Pass", "Next": "B"}), "Missing 'Next' target: B at /States/A/Next"),
        (machine(A={"Type": "Succeed"}, B={"Type": "Succeed"}), '"B" is not reachable'),
        (machine(A={"Type": "Sleep", "End": True}), "Type 'Sleep'"),
        (machine(A={"Type": "Task", "End": True}), "has a Resource"),
        (machine(A={"Type": "Wait", "End": True}), "exactly one of Seconds"),
        (machine(A={"Type": "Choice", "Choices": []}), "at least one choice"),
        (machine(A={"Type": "Parallel", "Branches": [], "End": True}), "at least one branch"),
        (
            machine(
                A={
                    "Type": "Parallel",
                    "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "A"}}}],
                    "End": True,
                }
            ),
            "/States/A/Branches[0]/States/X/Next",
        ),
        (
            json.dumps(
                {
                    "QueryLanguage": "JSONata",
                    "StartAt": "A",
                    "States": {"A": {"Type": "Pass", "Parameters": {}, "End": True}},
                }
            ),
            "Parameters is of JSONPath",
        ),
    ],
)
def test_a_wrong_definition_is_refused_where_it_is_wrong(text: str, said: str) -> None:
    assert said in (definition(text) or "")
