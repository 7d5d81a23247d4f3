"""Deployed policies are checked against all resources beside them."""

from typing import Any

import pytest

from presso.gate.model import Facts
from presso.gate.sandbox.reachability import policies

FACTS = Facts("wait", "nyc", "111111111111", "eu-north-1")
OWN = "arn:aws:dynamodb:eu-north-1:111111111111:table/nyc--wait--times"
NEXT_DOOR = "arn:aws:dynamodb:eu-north-1:111111111111:table/nyc--wait-times--averages"
CORE = "arn:aws:sqs:eu-north-1:111111111111:nyc--dead-letters"


def found(action: str, resource: str, effect: str = "Allow") -> list[tuple[str, str]]:
    """What a role with one statement reaches."""
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    things: dict[str, Any] = {
        "bus nyc": {"Arn": FACTS.bus_arn},
        "queue nyc--dead-letters": {"QueueArn": CORE},
        "role nyc--wait--worker": {"Inline": {"p": {"Statement": [statement]}}},
        "table nyc--wait--times": {"TableArn": OWN},
        "table nyc--wait-times--averages": {"TableArn": NEXT_DOOR},
    }
    return list(policies(things, FACTS))


@pytest.mark.parametrize(
    ("action", "resource", "reached"),
    [
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/nyc--wait*", NEXT_DOOR),
        ("dynamodb:*", "*", NEXT_DOOR),
        ("sqs:SendMessage", "arn:aws:sqs:eu-north-1:111111111111:${aws:PrincipalTag/name}", CORE),
        ("events:PutRule", FACTS.bus_arn, FACTS.bus_arn),
    ],
)
def test_what_reaches_further_is_reported_with_the_resource_that_it_reaches(
    action: str, resource: str, reached: str
) -> None:
    assert found(action, resource) == [("role nyc--wait--worker", reached)]


@pytest.mark.parametrize(
    ("action", "resource", "effect"),
    [
        ("dynamodb:GetItem", OWN, "Allow"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/nyc--wait--*", "Allow"),
        ("events:PutEvents", FACTS.bus_arn, "Allow"),
        ("cloudwatch:PutMetricData", "*", "Allow"),
        ("*", "*", "Deny"),
    ],
)
def test_what_stays_inside_is_left_alone(action: str, resource: str, effect: str) -> None:
    assert found(action, resource, effect) == []
