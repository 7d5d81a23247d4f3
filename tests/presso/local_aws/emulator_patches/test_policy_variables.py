"""Policy variables have the values of the request, when IAM is enforced.

IAM user guide, "Variables and tags" (reference_policies_variables.html).
"""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def statement(action: str, resource: str = "*", **conditions: dict[str, Any]) -> dict[str, Any]:
    """A statement without its effect; `_` in the name of an operator is a colon."""
    found: dict[str, Any] = {"Action": action, "Resource": resource}
    return {**found, "Condition": {key.replace("_", ":"): each for key, each in conditions.items()}}


def fills_in_variables_in_resources(here: Any) -> bool:
    aws = here.as_role(
        statement("sqs:CreateQueue", "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team}-*"), team="bar"
    )
    create = aws("sqs").create_queue
    return (here.allows(create, QueueName="bar-q"), here.allows(create, QueueName="shop-q")) == (True, False)


def fills_in_variables_in_conditions(here: Any) -> bool:
    source = {"events:source": "${aws:PrincipalAccount}.${aws:PrincipalTag/team}"}
    aws = here.as_role(statement("events:PutEvents", StringEquals=source), team="bar")
    return (here.puts(aws, f"{here.account}.bar"), here.puts(aws, f"{here.account}.shop")) == (True, False)


def fills_in_who_asks(here: Any) -> bool:
    aws = here.as_role(statement("events:PutEvents", StringEquals={"events:source": "${aws:userid}"}))
    return (here.puts(aws, aws("sts").get_caller_identity()["UserId"]), here.puts(aws, "cafe")) == (
        True,
        False,
    )


def fills_in_defaults(here: Any) -> bool:
    queue = "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team, 'none'}"
    aws = here.as_role(statement("sqs:CreateQueue", queue))
    create = aws("sqs").create_queue
    return (here.allows(create, QueueName="none"), here.allows(create, QueueName="q")) == (True, False)


FILLED: dict[str, Callable[[Any], bool]] = {
    "variables in resources": fills_in_variables_in_resources,
    "variables in conditions": fills_in_variables_in_conditions,
    "variables of who asks": fills_in_who_asks,
    "variables with defaults": fills_in_defaults,
}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(enforced: Any, behaves: Callable[[Any], bool]) -> None:
    assert behaves(enforced)


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(enforced_alone: Any, behaves: Callable[[Any], bool]) -> None:
    assert not behaves(enforced_alone)


class TestVariables:
    def test_are_text_in_policies_of_the_old_version(self, enforced: Any) -> None:
        queue = "arn:aws:sqs:us-east-1:ACCOUNT:${aws:PrincipalTag/team}"
        aws = enforced.as_role(statement("sqs:CreateQueue", queue), version="2008-10-17", team="bar")
        assert not enforced.allows(aws("sqs").create_queue, QueueName="bar")

    def test_without_a_value_make_a_statement_void(self, enforced: Any) -> None:
        every = statement("sqs:*")
        denied = {
            **statement("sqs:*", StringNotEquals={"aws:RequestedRegion": "${aws:PrincipalTag/region}"}),
            "Effect": "Deny",
        }
        aws = enforced.as_role(every, denied)
        assert enforced.allows(aws("sqs").create_queue, QueueName="q")

    def test_may_match_characters(self, enforced: Any) -> None:
        source = {"events:source": "${$}${*}"}
        aws = enforced.as_role(statement("events:PutEvents", StringEquals=source))
        assert [enforced.puts(aws, "$*"), enforced.puts(aws, "cafe")] == [True, False]
