"""Lambda's answers about a function, as attributes of the resource and of the data source.

Source: internal/service/lambda/{function,function_data_source}.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import Values, given
from offline_aws.shapes import Shape, from_api, with_texts

_KEYS = {
    "arn": "FunctionArn",
    "durable_config.retention_period": "RetentionPeriodInDays",
    "source_code_size": "CodeSize",
}
FUNCTION = Derived(
    "aws_lambda_function",
    "lambda",
    "FunctionConfiguration",
    keys={**_KEYS, "image_config": "ImageConfigResponse.ImageConfig"},
)
_DATA = Derived("data.aws_lambda_function", "lambda", "FunctionConfiguration", keys=_KEYS)
_MAYBE_EMPTY = ("dead_letter_config", "environment", "tenancy_config", "vpc_config")


def shown_function(aws: Aws, function: Values, found: Values, shape: Shape = FUNCTION) -> Values:
    """The attributes that the resource and the data source share."""
    logging = function.get("LoggingConfig") or {}
    group = logging.get("LogGroup") or f"/aws/lambda/{function['FunctionName']}"
    made = {
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        **{key: value for key, value in function.items() if value},
        "LoggingConfig": {"LogFormat": "Text", **logging, "LogGroup": group},
    }
    attributes = from_api(made, shape)
    for name in _MAYBE_EMPTY:
        attributes[name] = [block for block in attributes[name] if any(block.values())]
    arn, streaming = function["FunctionArn"], "response-streaming-invocations"
    return {
        **attributes,
        "code_signing_config_arn": _code_signing(aws, function),
        "image_uri": found.get("Code", {}).get("ImageUri", ""),
        "invoke_arn": invoke_arn(aws, arn),
        "layers": [layer["Arn"] for layer in function.get("Layers") or ()],
        "reserved_concurrent_executions": found.get("Concurrency", {}).get(
            "ReservedConcurrentExecutions", -1
        ),
        "response_streaming_invoke_arn": invoke_arn(aws, arn, "2021-11-15", streaming),
    }


def snap_start(function: Values) -> list[Values]:
    """The ``snap_start`` block."""
    snap = function.get("SnapStart") or {}
    if snap.get("ApplyOn", "None") == "None":
        return []
    return [{"apply_on": snap["ApplyOn"], "optimization_status": snap.get("OptimizationStatus", "Off")}]


def invoke_arn(aws: Aws, function: str, version: str = "2015-03-31", operation: str = "invocations") -> str:
    """The ARN by which API Gateway calls a function."""
    return aws.arn("apigateway", f"path/{version}/functions/{function}/{operation}", account="lambda")


def latest_version(aws: Aws, name: str) -> Values | None:
    """The newest published version, or ``$LATEST`` when none is, by its qualified ARN.

    The emulator's listing has some of them without it.
    """
    pages = aws.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=name)
    versions = [version for page in pages for version in page["Versions"]]
    if not versions:
        return None
    unqualified = ":".join(versions[-1]["FunctionArn"].split(":")[:7])
    return {**versions[-1], "FunctionArn": f"{unqualified}:{versions[-1]['Version']}"}


def _code_signing(aws: Aws, function: Values) -> str:
    from botocore.exceptions import ClientError

    if function.get("PackageType", "Zip") != "Zip":
        return ""
    try:
        found = aws.client("lambda").get_function_code_signing_config(FunctionName=function["FunctionName"])
    except ClientError:
        # Not in every region nor partition, where the refusal's code differs.
        return ""
    return str(found.get("CodeSigningConfigArn", ""))


def function_data(aws: Aws, values: Values) -> Values:
    """The data source's values."""
    arguments = given(FunctionName=values["function_name"], Qualifier=values["qualifier"])
    found = aws.client("lambda").get_function(**arguments)
    function = found["Configuration"]
    latest = function if values["qualifier"] else latest_version(aws, values["function_name"]) or function
    unqualified = ":".join(function["FunctionArn"].split(":")[:7])
    attributes = shown_function(aws, {**function, "FunctionArn": unqualified}, found, _DATA)
    return {
        **with_texts(attributes),
        "id": function["FunctionName"],
        "qualified_arn": latest["FunctionArn"],
        "qualified_invoke_arn": invoke_arn(aws, latest["FunctionArn"]),
        "source_code_hash": function["CodeSha256"],
        "source_kms_key_arn": found.get("Code", {}).get("SourceKMSKeyArn", ""),
        "tags": found.get("Tags", {}),
        "version": latest["Version"],
    }
