import json
from typing import Any

import pytest

from offline_aws.asl import definition


def machine(**states: Any) -> str:
    return json.dumps({"StartAt": "A", "States": states})


def in_jsonata(**states: Any) -> str:
    """A machine of one state, which is named by its type."""
    ((kind, state),) = states.items()
    end = {} if kind == "Choice" else {"End": True}
    return json.dumps(
        {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": kind, **state, **end}}}
    )


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
        in_jsonata(Pass={"Output": {"a": ["{% $states.input.detail.`order-id` %}", "{%1%}", "100 %}"]}}),
        in_jsonata(Wait={"Seconds": "{% $floor($random() * 5) + 1 %}"}),
        machine(
            A={
                "Type": "Pass",
                "Parameters": {"a": {"b.$": "$$.Execution.Id", "c.$": "States.Format('{}', $.x) "}},
                "ResultPath": None,
                "OutputPath": "$.a",
                "Next": "B",
            },
            B={"Type": "Fail", "CausePath": "States.Format('{}', $.x)"},
        ),
    ],
    ids=["pass", "choice", "map", "catch", "expressions", "an expression for a wait", "paths"],
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
        (
            in_jsonata(Pass={"Output": {"a": ["{% $states.input.( %}"]}}),
            "Expected ) before end of expression",
        ),
        (in_jsonata(Pass={"Assign": {"a": "{% 1 + %}"}}), "at /States/A/Assign/a"),
        (in_jsonata(Pass={"Output": "{% 1"}), "begins with {% and ends with %}"),
        (in_jsonata(Pass={"Output": "{%}"}), "begins with {% and ends with %}"),
        (
            in_jsonata(Choice={"Choices": [{"Condition": "{% a = %}", "Next": "A"}]}),
            "at /States/A/Choices[0]/Condition",
        ),
        (
            machine(A={"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $.b"}, "End": True}),
            "'a.$' must be a valid JSONPath or a valid intrinsic function call",
        ),
        (
            machine(A={"Type": "Pass", "Parameters": {"a": [{"b.$": "detail.x"}]}, "End": True}),
            "at /States/A/Parameters/a[0]/b.$",
        ),
        (
            machine(A={"Type": "Pass", "ResultPath": "detail", "End": True}),
            "ResultPath is a path that begins",
        ),
    ],
)
def test_a_wrong_definition_is_refused_where_it_is_wrong(text: str, said: str) -> None:
    assert said in (definition(text) or "")
