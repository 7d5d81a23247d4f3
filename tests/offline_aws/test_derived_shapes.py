"""Shapes that are derived from a type's schema and an API's model."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from offline_aws import registry, schema
from offline_aws.aws import Aws
from offline_aws.derived_shapes import Checks, Derived
from offline_aws.shapes import from_api, to_api

SCHEDULE = Derived(
    "aws_scheduler_schedule",
    "scheduler",
    "CreateScheduleInput",
    without={"target.input"},
    keys={"target.ecs_parameters.network_configuration": "NetworkConfiguration.awsvpcConfiguration"},
)
NETWORK = {"assign_public_ip": True, "security_groups": None, "subnets": ["subnet-1"]}
TARGET = {"arn": "arn:a", "input": "{}", "ecs_parameters": [{"network_configuration": [NETWORK]}]}
SENT = {"AssignPublicIp": "ENABLED", "Subnets": ["subnet-1"]}


def test_attributes_and_blocks_get_the_keys_of_the_api() -> None:
    values = {"name": "a", "region": "us-east-1", "description": "", "target": [TARGET]}
    network = {"NetworkConfiguration": {"awsvpcConfiguration": SENT}}
    assert to_api(values, SCHEDULE) == {"Name": "a", "Target": {"Arn": "arn:a", "EcsParameters": network}}


def test_what_the_api_answers_is_read_back() -> None:
    network = {"NetworkConfiguration": {"awsvpcConfiguration": SENT}}
    start = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
    answer = {"Name": "a", "StartDate": start, "Target": {"Arn": "arn:a", "EcsParameters": network}}
    found = from_api(answer, SCHEDULE)
    assert (found["name"], found["start_date"], found["end_date"]) == ("a", "2026-11-27T20:30:00Z", None)
    (target,) = found["target"]
    assert target["ecs_parameters"][0]["network_configuration"] == [NETWORK]
    assert target["kinesis_parameters"] == []


def test_a_map_is_a_list_of_pairs_where_the_api_has_one() -> None:
    alarm = Derived("aws_cloudwatch_metric_alarm", "cloudwatch", "PutMetricAlarmInput", only={"dimensions"})
    pairs = [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "2"}]
    assert to_api({"dimensions": {"b": "2", "a": "1"}}, alarm) == {"Dimensions": pairs}
    assert from_api({"Dimensions": pairs}, alarm) == {"dimensions": {"a": "1", "b": "2"}}


def test_a_block_where_the_api_has_a_map_is_left_out() -> None:
    stage = Derived("aws_apigatewayv2_stage", "apigatewayv2", "CreateStageRequest")
    assert "stage_variables" in stage
    assert "route_settings" not in stage


@pytest.mark.parametrize("kind", sorted(schema.load("aws").resources))
def test_every_shape_of_a_handler_can_be_derived(kind: str) -> None:
    handler = registry.resource(kind)
    found = vars(__import__(handler.read.__module__, fromlist=["_"])) if handler else {}
    shapes: list[Any] = [value for value in found.values() if isinstance(value, Derived)]
    assert all(len(shape) > 0 for shape in shapes)


def test_what_the_api_enumerates_is_checked_and_what_only_aws_sets_is_not() -> None:
    checks = SCHEDULE.enumerations
    assert checks["state"]("ON") is not None
    assert checks["target.ecs_parameters.launch_type"]("FARGATE") is None
    assert (
        "state"
        not in Derived("aws_scheduler_schedule_group", "scheduler", "GetScheduleGroupOutput").enumerations
    )


def test_a_validator_of_the_type_is_kept_beside_the_enumerations_of_its_shape() -> None:
    own = {"state": lambda value: "never"}
    assert Checks((SCHEDULE,), own)["state"] is own["state"]


def test_the_encryption_that_a_bucket_does_not_take_is_sent() -> None:
    s3, rule = Mock(), {"blocked_encryption_types": ["SSE-C"], "bucket_key_enabled": True}
    values = {"bucket": "b", "expected_bucket_owner": None, "rule": [rule]}
    handler = registry.resource("aws_s3_bucket_server_side_encryption_configuration")
    assert handler
    handler.create(cast(Aws, SimpleNamespace(client=lambda _: s3)), values)
    sent = {"BucketKeyEnabled": True, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    arguments = s3.put_bucket_encryption.call_args.kwargs
    assert arguments["ServerSideEncryptionConfiguration"] == {"Rules": [sent]}
