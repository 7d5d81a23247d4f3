"""Which file of ``services/`` implements a type; imported on first use: a run pays for what it uses."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache

from offline_aws.resource import DataSourceHandler, ResourceHandler

# Longest prefix wins. A type whose file or entry is missing validates and plans, and fails at apply by name.
SERVICES = {
    "archive_": "archive",
    "aws_apigatewayv2_": "apigatewayv2",
    "aws_ami": "ec2",
    "aws_appautoscaling_": "appautoscaling",
    "aws_arn": "account",
    "aws_availability_zones": "ec2",
    "aws_caller_identity": "account",
    "aws_canonical_user_id": "account",
    "aws_cloudfront_log_delivery_canonical_user_id": "account",
    "aws_cloudwatch_": "cloudwatch",
    "aws_cloudwatch_event_": "events",
    "aws_cloudwatch_log_": "logs",
    "aws_cloudwatch_query_": "logs",
    "aws_cognito_": "cognito",
    "aws_default_tags": "account",
    "aws_dynamodb_": "dynamodb",
    "aws_ec2_": "ec2",
    "aws_iam_": "iam",
    "aws_kinesis_": "kinesis",
    "aws_kinesis_firehose_": "firehose",
    "aws_kms_": "kms",
    "aws_lambda_": "lambda_",
    "aws_organizations_": "account",
    "aws_partition": "account",
    "aws_pipes_": "pipes",
    "aws_region": "account",
    "aws_resourcegroups_": "resourcegroups",
    "aws_s3_": "s3",
    "aws_s3tables_": "s3tables",
    "aws_scheduler_": "scheduler",
    "aws_schemas_": "schemas",
    "aws_secretsmanager_": "secretsmanager",
    "aws_security_group": "ec2",
    "aws_service_principal": "account",
    "aws_sfn_": "sfn",
    "aws_signer_": "signer",
    "aws_sns_": "sns",
    "aws_sqs_": "sqs",
    "aws_ssm_": "ssm",
    "aws_subnets": "ec2",
    "aws_vpc": "ec2",
    "cloudinit_": "cloudinit",
    "external": "external_program",
    "http": "http_request",
    "local_": "local_files",
    "null_": "null_resource",
    "random_": "random_values",
    "time_": "times",
    "tls_": "tls",
}


@cache
def _service(type_name: str) -> object | None:
    prefixes = [prefix for prefix in SERVICES if type_name.startswith(prefix)]
    if not prefixes:
        return None
    module = f"offline_aws.services.{SERVICES[max(prefixes, key=len)]}"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None


def resource(type_name: str) -> ResourceHandler | None:
    """The handler of a managed resource type, None when there is none (yet)."""
    handlers: dict[str, ResourceHandler] = getattr(_service(type_name), "RESOURCES", {})
    return handlers.get(type_name)


def data_source(type_name: str) -> DataSourceHandler | None:
    """The handler of a data source, None when there is none (yet)."""
    handlers: dict[str, DataSourceHandler] = getattr(_service(type_name), "DATA_SOURCES", {})
    return handlers.get(type_name)


def ephemeral(type_name: str) -> DataSourceHandler | None:
    """What opens an ephemeral resource: it reads, as a data source does, and nothing keeps what it gives."""
    handlers: dict[str, DataSourceHandler] = getattr(_service(type_name), "EPHEMERAL", {})
    return handlers.get(type_name)
