"""The provider's arguments and the caller's environment, each honoured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from offline_aws import schema
from offline_aws.aws import Aws
from offline_aws.configuration import Caller, Configuration
from offline_aws.handler_values import ResourceError
from offline_aws.protocol import message
from offline_aws.provider import Provider
from offline_aws.values import encode

if TYPE_CHECKING:
    from tests.offline_aws.conftest import Folder

    from presso.local_aws import Running

QUEUE = 'resource "aws_sqs_queue" "default" { name = "q" }\n'


def configured(arguments: dict[str, Any] | None = None, cwd: Path = Path("/"), **env: str) -> Configuration:
    return Configuration(arguments or {}, Caller(cwd, env))


def test_arguments_come_before_the_environment() -> None:
    assert configured({"region": "eu-west-1"}, AWS_REGION="us-east-1").region == "eu-west-1"
    assert configured(AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-west-2").region == "us-east-1"
    assert configured(AWS_DEFAULT_REGION="us-west-2").region == "us-west-2"


def test_without_a_region_the_error_names_it() -> None:
    with pytest.raises(ResourceError, match="no AWS region"):
        configured().client("sqs")


def test_a_region_that_aws_does_not_have_is_refused_unless_that_is_skipped() -> None:
    with pytest.raises(ResourceError, match="invalid AWS Region: eu-nowhere-1") as refused:
        configured({"region": "eu-nowhere-1"}).check()
    assert refused.value.path == "region"
    with pytest.raises(ResourceError, match="invalid AWS Region: moon"):
        configured(AWS_REGION="moon").check()
    configured({"region": "eu-nowhere-1", "skip_region_validation": True}).check()
    configured({"region": "cn-north-1"}).check()
    with pytest.raises(ResourceError, match="invalid AWS Region: aws-global"):
        configured({"region": "aws-global"}).check()


def test_a_resources_own_region_is_of_the_providers_partition_also_one_newer_than_the_list() -> None:
    of_china = r"partition \(aws-cn\) for per-resource Region \(cn-new-1\)"
    newer = configured({"region": "us-east-1", "skip_region_validation": True})
    newer.check_own_region("eu-new-1")
    configured().check_own_region("")  # none at all is an error only where one is needed
    for region in ("us-east-1", "us-new-1"):
        with pytest.raises(ResourceError, match=of_china):
            configured({"region": region, "skip_region_validation": True}).check_own_region("cn-new-1")
    with pytest.raises(ResourceError, match="invalid AWS Region: eu-new-1") as refused:
        configured({"region": "us-east-1"}).check_own_region("eu-new-1")
    assert refused.value.path == "region"


def test_a_data_source_is_read_in_the_providers_partition_unless_it_is_about_regions() -> None:
    aws = schema.load("aws")
    provider = Provider(aws, Caller(Path("/"), {"AWS_REGION": "us-east-1"}))

    def read(name: str) -> Any:
        block = aws.data_sources[name]["block"]
        given = dict.fromkeys(block["attributes"]) | {"region": "cn-north-1"}
        config = message("DynamicValue", msgpack=encode(given, block))
        answer = provider.answer(
            "ReadDataSource", message("ReadDataSourceRequest", type_name=name, config=config)
        )
        return [each.summary for each in answer.diagnostics]

    (refused,) = read("aws_availability_zones")
    assert "partition (aws-cn) for per-resource Region (cn-north-1)" in refused
    assert read("aws_region") == []


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("ap-southeast-7", ("aws", "amazonaws.com")),
        ("us-gov-west-1", ("aws-us-gov", "amazonaws.com")),
        ("cn-north-1", ("aws-cn", "amazonaws.com.cn")),
        ("eusc-de-east-1", ("aws-eusc", "amazonaws.eu")),
        ("us-isob-west-1", ("aws-iso-b", "sc2s.sgov.gov")),
        ("us-gov-new-1", ("aws-us-gov", "amazonaws.com")),
        ("moon", ("aws", "amazonaws.com")),
    ],
)
def test_a_region_is_of_a_partition(region: str, partition: tuple[str, str]) -> None:
    aws = Aws(configured({"region": region}))
    assert (aws.partition, aws.dns_suffix) == partition


def test_without_keys_the_error_names_them() -> None:
    with pytest.raises(ResourceError, match="No valid credential sources"):
        configured()._credentials.keys()


@pytest.mark.parametrize(
    ("arguments", "env", "service", "expected"),
    [
        ({}, {"AWS_ENDPOINT_URL": "http://a"}, "sqs", "http://a"),
        ({}, {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SQS": "http://b"}, "sqs", "http://b"),
        ({}, {"AWS_ENDPOINT_URL_EVENTBRIDGE": "http://b"}, "events", "http://b"),
        ({}, {"AWS_ENDPOINT_URL_SFN": "http://b"}, "stepfunctions", "http://b"),
        ({"endpoints": [{"sqs": "http://c"}]}, {"AWS_ENDPOINT_URL_SQS": "http://b"}, "sqs", "http://c"),
        ({"endpoints": [{"eventbridge": "http://c"}]}, {}, "events", "http://c"),
        ({"endpoints": [{"sfn": "http://c"}, {"sqs": "http://d"}]}, {}, "sqs", "http://d"),
        ({}, {"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "sqs", None),
        ({}, {}, "sqs", None),
    ],
)
def test_endpoints(
    arguments: dict[str, Any], env: dict[str, str], service: str, expected: str | None
) -> None:
    assert configured(arguments, **env)._endpoint(service) == expected


def test_a_profile_is_read_from_the_callers_home(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile bar]\nregion = eu-north-1\nendpoint_url = http://p\n")
    (tmp_path / ".aws" / "credentials").write_text(
        "[bar]\naws_access_key_id = A\naws_secret_access_key = B\n"
    )
    found = configured({"profile": "bar"}, HOME=str(tmp_path), AWS_ACCESS_KEY_ID="env")
    assert found.region == "eu-north-1"
    assert found._endpoint("sqs") == "http://p"
    assert found._credentials.keys().access_key == "A"
    assert configured(HOME=str(tmp_path), AWS_PROFILE="bar")._credentials.keys().access_key == "A"
    with pytest.raises(ResourceError, match="failed to get shared config profile, baz"):
        _ = configured({"profile": "baz"}, HOME=str(tmp_path)).region


def test_default_tags_may_come_from_the_environment() -> None:
    found = configured(
        {"default_tags": [{"tags": {"a": "own"}}]}, TF_AWS_DEFAULT_TAGS_a="env", TF_AWS_DEFAULT_TAGS_b="env"
    )
    assert found.default_tags == {"a": "own", "b": "env"}


def test_an_account_that_is_not_allowed_is_refused(attached_folder: Folder, account: str) -> None:
    folder = attached_folder
    folder.write('provider "aws" { allowed_account_ids = ["999999999999"] }\n' + QUEUE).init()
    assert f"AWS account ID not allowed: {account}" in folder.refused("plan")
    folder.write(f'provider "aws" {{ forbidden_account_ids = ["{account}"] }}\n' + QUEUE)
    assert f"AWS account ID not allowed: {account}" in folder.refused("plan")
    folder.write(f'provider "aws" {{ allowed_account_ids = ["{account}"] }}\n' + QUEUE)
    assert folder.changes() == {"aws_sqs_queue.default": ["create"]}


def test_keys_in_the_provider_block_choose_the_account(attached_folder: Folder) -> None:
    provider = 'provider "aws" {\n  access_key = "424242424242"\n  secret_key = "local"\n}\n'
    output = 'output "arn" { value = aws_sqs_queue.default.arn }\n'
    assert attached_folder.apply(provider + QUEUE + output)["arn"].split(":")[4] == "424242424242"
    attached_folder.destroy()


def test_a_role_is_assumed_with_its_session_policy(
    attached_folder: Folder, aws: Callable[[str], Any], account: str
) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=trust)
    outputs = attached_folder.apply(f"""
provider "aws" {{
  assume_role {{
    role_arn     = "arn:aws:iam::{account}:role/deployer"
    session_name = "another"
  }}
}}
data "aws_caller_identity" "me" {{}}
output "arn" {{ value = data.aws_caller_identity.me.arn }}
""")
    assert outputs["arn"] == f"arn:aws:sts::{account}:assumed-role/deployer/another"


def test_an_error_of_aws_has_service_operation_code_and_request(attached_folder: Folder) -> None:
    attached_folder.write("""
resource "aws_cloudwatch_event_rule" "default" {
  event_bus_name = "missing"
  event_pattern  = jsonencode({ source = ["a"] })
}
""").init()
    said = attached_folder.refused("apply", "-auto-approve")
    assert "creating aws_cloudwatch_event_rule" in said
    assert "operation error EventBridge: PutRule, https response error StatusCode: 400, RequestID: " in said
    assert "api error ResourceNotFoundException" in said
    assert "with aws_cloudwatch_event_rule.default" in said


def test_a_provider_that_needs_another_resources_value_waits_for_it(
    attached_folder: Folder, local_aws: Running
) -> None:
    outputs = attached_folder.apply("""
resource "terraform_data" "region" { input = "eu-west-3" }
provider "aws" {
  region = terraform_data.region.output
  default_tags { tags = { made = terraform_data.region.id } }
}
resource "aws_sqs_queue" "default" { name = "q" }
output "arn" { value = aws_sqs_queue.default.arn }
output "tags" { value = keys(aws_sqs_queue.default.tags_all) }
""")
    assert outputs["arn"].split(":")[3] == "eu-west-3"
    assert outputs["tags"] == ["made"]
    assert attached_folder.changes() == {}
    attached_folder.destroy()


def test_each_call_is_logged_without_its_content(local_aws: Running, account: str) -> None:
    lines: list[str] = []
    env = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    logged = Configuration(
        {}, Caller(Path("/"), {**env, "AWS_ENDPOINT_URL": local_aws.endpoint}, lines.append)
    )
    with logged.acting():
        ssm = logged.client("ssm")
        ssm.put_parameter(Name="p", Value="a secret", Type="SecureString")
        with pytest.raises(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name="q")
    gone = Configuration(
        {}, Caller(Path("/"), {**env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, lines.append)
    )
    with gone.acting(), pytest.raises(EndpointConnectionError):
        gone.client("sts").get_caller_identity()
    assert lines == [
        "AWS call: SSM PutParameter POST 200",
        "AWS call: SSM GetParameter POST 400",
        "AWS call: sts GetCallerIdentity EndpointConnectionError",
    ]
