"""A probe can neither create something unnoticed nor touch what is not its tenant's."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from presso.verification.call_guard import (
    CHANGES,
    CREATES,
    MOST_CALLS,
    CallGuard,
    CouldNotTry,
    ForbiddenCall,
    Ledger,
)
from presso.verification.removal import KINDS

TENANT = "verify-0a1b2c3d"


@pytest.fixture
def guard(tmp_path: Path) -> CallGuard:
    return CallGuard(TENANT, Ledger(tmp_path / "created.jsonl"), time.monotonic() + 600)


def call(guard: CallGuard, operation: str, **params: Any) -> dict[str, Any]:
    guard.begin(60)
    service, _, name = operation.partition(".")
    model = SimpleNamespace(service_model=SimpleNamespace(service_name=service), name=name)
    return guard._before(params, model)


def test_what_is_created_is_written_down_first_and_tagged(guard: CallGuard, tmp_path: Path) -> None:
    sent = call(guard, "sqs.CreateQueue", QueueName=f"{TENANT}--q", tags={"a": "b"})
    assert sent["tags"] == {"a": "b", "presso:verify": TENANT}
    role = call(guard, "iam.CreateRole", RoleName=f"{TENANT}--r")
    assert role["Tags"] == [{"Key": "presso:verify", "Value": TENANT}]
    machine = call(guard, "stepfunctions.CreateStateMachine", name=f"{TENANT}--m")
    assert machine["tags"] == [{"key": "presso:verify", "value": TENANT}]
    assert Ledger(tmp_path / "created.jsonl").created() == [
        ("state machine", f"{TENANT}--m"),
        ("role", f"{TENANT}--r"),
        ("queue", f"{TENANT}--q"),
    ]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("sqs.CreateQueue", {"QueueName": "orders"}),
        ("sqs.SendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111111111111/orders"}),
        ("sqs.SendMessage", {}),
        ("events.PutEvents", {"Entries": [{"EventBusName": f"{TENANT}"}, {"EventBusName": "default"}]}),
        ("events.PutEvents", {"Entries": []}),
        ("lambda.Invoke", {"FunctionName": "orders"}),
        ("cognito-idp.SignUp", {"ClientId": "1234"}),
        ("sqs.DeleteQueue", {"QueueUrl": TENANT}),
        ("ec2.RunInstances", {"MinCount": 1}),
        ("iam.AttachRolePolicy", {"RoleName": TENANT}),
        ("sts.AssumeRole", {"RoleArn": "arn:aws:iam::111111111111:role/admin"}),
    ],
)
def test_other_calls_are_refused_before_they_are_sent(
    guard: CallGuard, operation: str, params: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ForbiddenCall):
        call(guard, operation, **params)
    assert Ledger(tmp_path / "created.jsonl").created() == []


def test_an_id_that_aws_gave_is_the_tenant_s(guard: CallGuard) -> None:
    model = SimpleNamespace(
        service_model=SimpleNamespace(service_name="cognito-idp"), name="CreateUserPoolClient"
    )
    guard._after({"UserPoolClient": {"ClientId": "1234"}}, model)
    assert call(guard, "cognito-idp.SignUp", ClientId="1234")


def test_reading_is_allowed(guard: CallGuard) -> None:
    assert call(guard, "logs.FilterLogEvents", logGroupName="x") == {"logGroupName": "x"}


def test_a_probe_makes_a_limited_number_of_calls(guard: CallGuard) -> None:
    model = SimpleNamespace(service_model=SimpleNamespace(service_name="sqs"), name="ListQueues")
    guard.begin(60)
    for _ in range(MOST_CALLS):
        guard._before({}, model)
    with pytest.raises(CouldNotTry, match="calls"):
        guard._before({}, model)


def test_a_probe_has_a_limited_time(guard: CallGuard) -> None:
    guard.begin(-1)
    with pytest.raises(CouldNotTry, match="time limit"):
        guard.check()


def test_a_run_has_a_limited_time(tmp_path: Path) -> None:
    guard = CallGuard(TENANT, Ledger(tmp_path / "created.jsonl"), time.monotonic() - 1)
    guard.begin(60)
    with pytest.raises(CouldNotTry, match="of the run"):
        guard.check()


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "created.jsonl")
    ledger.add("queue", f"{TENANT}--q")
    with ledger.path.open("a") as file:
        file.write('{"kind": "que')
    assert ledger.created() == [("queue", f"{TENANT}--q")]


def test_each_kind_can_be_removed_and_each_operation_is_one_of_aws_s() -> None:
    import botocore.session

    assert {created.kind for created in CREATES.values()} == set(KINDS)
    session = botocore.session.get_session()
    for operation in [*CREATES, *CHANGES]:
        service, _, name = operation.partition(".")
        model = session.get_service_model(service).operation_model(name)
        created = CREATES.get(operation)
        if created:
            assert {created.name, created.tags or created.name} <= set(model.input_shape.members), operation
