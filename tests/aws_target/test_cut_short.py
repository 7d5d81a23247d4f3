"""Runs that were cut short between AWS's answer and the write of the state: the next one converges.

Taking a resource out of the state leaves just what such a kill leaves.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from presso import snapshot, tenants
from presso.aws_access import local_access
from presso.deployment import unfinished, unmanaged
from presso.units.unit import Unit

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.aws_target.conftest import Platform

ACCOUNT = "111111111113"  # not that of the other tests, which share the local AWS
# Of each type that has a name in AWS, and of those parts whose second creation fails, one.
EVERYTHING = """
locals {
  tags     = var.context.tags
  boundary = var.context.boundary_arn
  trust    = { for service in ["lambda", "states", "scheduler"] : service => jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${service}.amazonaws.com" }
    }]
  }) }
}
data "archive_file" "default" {
  type        = "zip"
  output_path = "${path.module}/build/function.zip"
  source {
    filename = "main.py"
    content  = "def handler(event, context): pass"
  }
}
resource "aws_iam_role" "default" {
  for_each             = local.trust
  name                 = "${var.context.prefix}${each.key}"
  assume_role_policy   = each.value
  permissions_boundary = local.boundary
  tags                 = local.tags
}
resource "aws_iam_policy" "default" {
  name   = "${var.context.prefix}policy"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.default.arn }]
  })
  tags   = local.tags
}
resource "aws_lambda_function" "default" {
  function_name    = "${var.context.prefix}function"
  filename         = data.archive_file.default.output_path
  source_code_hash = data.archive_file.default.output_base64sha256
  handler          = "main.handler"
  runtime          = "python3.13"
  role             = aws_iam_role.default["lambda"].arn
  tags             = local.tags
}
resource "aws_lambda_alias" "default" {
  name             = "live"
  function_name    = aws_lambda_function.default.function_name
  function_version = "$LATEST"
}
resource "aws_lambda_permission" "default" {
  statement_id  = "rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.default.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.default.arn
}
resource "aws_lambda_event_source_mapping" "default" {
  function_name    = aws_lambda_function.default.arn
  event_source_arn = aws_sqs_queue.default.arn
  tags             = local.tags
}
resource "aws_cloudwatch_event_rule" "default" {
  name           = "${var.context.prefix}rule"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode({ source = ["x"] })
  tags           = local.tags
}
resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = var.context.bus_name
  arn            = aws_lambda_function.default.arn
}
resource "aws_cloudwatch_log_group" "default" {
  name              = "/aws/lambda/${var.context.prefix}function"
  retention_in_days = 1
  tags              = local.tags
}
resource "aws_cloudwatch_metric_alarm" "default" {
  alarm_name          = "${var.context.prefix}alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "x"
  namespace           = "x"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
  tags                = local.tags
}
resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}table"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  tags = local.tags
}
resource "aws_s3_bucket" "default" {
  bucket        = "${var.context.prefix}bucket"
  force_destroy = true
  tags          = local.tags
}
resource "aws_scheduler_schedule_group" "default" {
  name = "${var.context.prefix}group"
  tags = local.tags
}
resource "aws_scheduler_schedule" "default" {
  name                = "${var.context.prefix}schedule"
  group_name          = aws_scheduler_schedule_group.default.name
  schedule_expression = "rate(1 day)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_lambda_function.default.arn
    role_arn = aws_iam_role.default["scheduler"].arn
  }
}
resource "aws_secretsmanager_secret" "default" {
  name                    = "${var.context.prefix}secret"
  recovery_window_in_days = 0
  tags                    = local.tags
}
resource "aws_sfn_state_machine" "default" {
  name       = "${var.context.prefix}machine"
  role_arn   = aws_iam_role.default["states"].arn
  definition = jsonencode({ StartAt = "End", States = { End = { Type = "Succeed" } } })
  tags       = local.tags
}
resource "aws_sns_topic" "default" {
  name = "${var.context.prefix}topic"
  tags = local.tags
}
resource "aws_sqs_queue" "default" {
  name = "${var.context.prefix}queue"
  tags = local.tags
}
resource "aws_ssm_parameter" "default" {
  name  = "/${var.context.prefix}parameter"
  type  = "String"
  value = "x"
  tags  = local.tags
}
resource "aws_cloudwatch_event_connection" "default" {
  name               = "${var.context.prefix}connection"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x"
      value = "y"
    }
  }
}
resource "aws_cloudwatch_event_api_destination" "default" {
  name                = "${var.context.prefix}destination"
  connection_arn      = aws_cloudwatch_event_connection.default.arn
  http_method         = "POST"
  invocation_endpoint = "https://example.com/"
}
"""
PARAMETER = """
resource "aws_ssm_parameter" "default" {
  for_each = toset(["first", "second"])
  name     = "/${var.context.prefix}${each.key}"
  type     = "String"
  value    = "x"
  tags     = var.context.tags
}
"""


@pytest.fixture(scope="module")
def bar(platform: "Platform") -> "Platform":
    """The platform with the tenant nyc and its extensions applied."""
    platform.extension("all", EVERYTHING)
    platform.extension("words", PARAMETER)
    platform.tenant("nyc", "all", "words")
    applied = platform.run("apply", "nyc", "nyc/*")
    assert {str(each.message or each.result) for each in applied.values()} == {"applied"}
    return platform


def take_out(bar: "Platform", unit: Unit, kinds: Iterable[str] | None = None) -> None:
    """Take resources of these types, or all, out of a state."""
    path = unit.state(bar.workspace)
    state = json.loads(path.read_text())
    kept = [each for each in state["resources"] if kinds is not None and each["type"] not in kinds]
    path.write_text(json.dumps({**state, "resources": kept, "serial": state["serial"] + 1}))


def results(bar: "Platform", action: Any, *patterns: str, **options: Any) -> dict[str, str]:
    """The results of a run by unit, each with what went wrong."""
    outcomes = bar.run(action, *patterns, **options)
    return {
        name: " ".join([each.result, each.message, *(d.summary for d in each.diagnostics)]).strip()
        for name, each in outcomes.items()
    }


def test_what_was_created_and_not_saved_is_adopted(bar: "Platform") -> None:
    for unit in (Unit("nyc"), Unit("nyc", "all")):
        take_out(bar, unit)
    assert results(bar, "apply", "nyc", "nyc/all") == {"nyc": "applied", "nyc/all": "applied"}
    assert results(bar, "plan", "nyc", "nyc/all") == {"nyc": "unchanged", "nyc/all": "unchanged"}
    assert not list(bar.workspace.home.glob("units/**/presso-adopted*"))
    assert unfinished.units(bar.workspace) == []


def test_what_may_belong_to_others_is_not_adopted(bar: "Platform") -> None:
    words, other, ssm = Unit("nyc", "words"), Unit("sfo"), bar.root("ssm")
    name = "/nyc--words--{}".format
    take_out(bar, words)
    tag = {"Key": "presso:extension", "Value": "words"}
    resource: dict[str, Any] = {"ResourceType": "Parameter", "ResourceId": name("first")}
    ssm.remove_tags_from_resource(**resource, TagKeys=[tag["Key"]])
    instance = {"attributes": {"id": name("second")}}
    held = {"mode": "managed", "type": "aws_ssm_parameter", "name": "x", "instances": [instance]}
    other.state(bar.workspace).parent.mkdir(parents=True)
    other.state(bar.workspace).write_text(json.dumps({"serial": 1, "resources": [held]}))
    message = bar.run("apply", str(words))[str(words)].message
    assert f"exists ({name('first')}), but lacks the tags of nyc/words" in message
    assert f"exists ({name('second')}) and belongs to sfo" in message
    assert "aws_ssm_parameter" not in words.state(bar.workspace).read_text()
    other.state(bar.workspace).unlink()
    ssm.add_tags_to_resource(**resource, Tags=[tag])
    assert results(bar, "apply", str(words)) == {str(words): "applied"}


def test_destroy_removes_what_no_state_holds(bar: "Platform", monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in bar.environment.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    everything = Unit("nyc", "all")
    for unit, kinds in ((Unit("nyc"), ["aws_cloudwatch_event_target", "aws_sqs_queue"]), (everything, None)):
        unfinished.begin(bar.workspace, unit, "apply")
        take_out(bar, unit, kinds)
    access = local_access(bar.running.endpoint, ACCOUNT)
    found = unmanaged.of_tenant(bar.workspace, tenants.load(bar.workspace, "nyc"), access)
    assert not found.denied
    assert len({each.kind.type for each in found.resources if each.unit == everything and each.marked}) == 18
    listed = unmanaged.find_unmanaged(bar.workspace, ["nyc"])
    assert {each.key for each in found.resources} == {each.key for each in listed.resources}
    assert "aws sqs delete-queue --queue-url " in "".join(each.command for each in listed.resources)
    destroyed = results(bar, "destroy", "nyc", with_extensions=True)
    assert destroyed == dict.fromkeys(("nyc", "nyc/all", "nyc/words"), "destroyed")
    left = [name for name in snapshot.take(bar.root) if "nyc" in name]
    assert left == []
    assert unfinished.units(bar.workspace) == []
