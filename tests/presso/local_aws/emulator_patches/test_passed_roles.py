"""Who makes something that works with a role has to be allowed to pass it, when IAM is enforced.

IAM user guide, "Granting a user permissions to pass a role to an AWS service" (id_roles_use_passrole.html).
"""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def statement(action: str, resource: str = "*", **conditions: dict[str, Any]) -> dict[str, Any]:
    """A statement without its effect; `_` in the name of an operator is a colon."""
    found: dict[str, Any] = {"Action": action, "Resource": resource}
    return {**found, "Condition": {key.replace("_", ":"): each for key, each in conditions.items()}}


def function(role: str) -> dict[str, Any]:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("handler.py", "")
    named = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "handler.handle", "Role": role}
    return {**named, "Code": {"ZipFile": archive.getvalue()}}


def machine(role: str) -> dict[str, Any]:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    return {"name": "m", "definition": definition, "roleArn": role}


def target(role: str) -> dict[str, Any]:
    arn = "arn:aws:states:us-east-1:111111111111:stateMachine:m"
    return {"Rule": "r", "EventBusName": "nyc", "Targets": [{"Id": "t", "Arn": arn, "RoleArn": role}]}


def schedule(role: str) -> dict[str, Any]:
    arn = "arn:aws:sqs:us-east-1:111111111111:q"
    when = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return {"Name": "s", **when, "Target": {"Arn": arn, "RoleArn": role}}


PASSES: dict[str, tuple[str, str, str, Callable[[str], dict[str, Any]]]] = {
    "function": ("lambda", "create_function", "lambda.amazonaws.com", function),
    "state machine": ("stepfunctions", "create_state_machine", "states.amazonaws.com", machine),
    "target": ("events", "put_targets", "events.amazonaws.com", target),
    "schedule": ("scheduler", "create_schedule", "scheduler.amazonaws.com", schedule),
}


def passing(kind: str) -> Callable[[Any], bool]:
    """A probe: a role is passed only if it may be, and to this service."""
    service, operation, principal, arguments = PASSES[kind]

    def asks_for_the_role_that_is_passed(here: Any) -> bool:
        here.rule("r")
        roles = [here.role("own-worker"), here.role("other")]
        every = statement(f"{'states' if service == 'stepfunctions' else service}:*")
        passed = statement(
            "iam:PassRole",
            "arn:aws:iam::ACCOUNT:role/own-*",
            StringEquals={"iam:PassedToService": principal},
        )
        call = getattr(here.as_role(every, passed)(service), operation)
        return [here.allows(call, **arguments(role)) for role in roles] == [True, False]

    return asks_for_the_role_that_is_passed


FILLED: dict[str, Callable[[Any], bool]] = {f"to a {kind}": passing(kind) for kind in PASSES}


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_with_its_gaps_filled(enforced: Any, behaves: Callable[[Any], bool]) -> None:
    assert behaves(enforced)


@pytest.mark.parametrize("behaves", FILLED.values(), ids=FILLED.keys())
def test_the_emulator_alone_still_does_not(enforced_alone: Any, behaves: Callable[[Any], bool]) -> None:
    assert not behaves(enforced_alone)


class TestDenials:
    def test_of_passing_a_role_name_it(self, enforced: Any) -> None:
        from botocore.exceptions import ClientError

        role = enforced.role("worker")
        aws = enforced.as_role(statement("states:*"))
        with pytest.raises(ClientError) as caught:
            aws("stepfunctions").create_state_machine(**machine(role))
        error = caught.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        who = f"arn:aws:sts::{enforced.account}:assumed-role/barista/shift"
        assert error["Message"] == (
            f"User: {who} is not authorized to perform: iam:PassRole on resource: {role} "
            "because no identity-based policy allows the iam:PassRole action"
        )

    def test_of_something_else_do_not(self, enforced: Any) -> None:
        from botocore.exceptions import ClientError

        aws = enforced.as_role(statement("sqs:*"))
        with pytest.raises(ClientError, match="states:CreateStateMachine"):
            aws("stepfunctions").create_state_machine(**machine(enforced.role("worker")))
