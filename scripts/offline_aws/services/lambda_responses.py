"""Lambda's answers about a function, as attributes of the resource and of the data source.

Source: internal/service/lambda/{function,function_data_source}.go.
"""

from __future__ import annotations

from offline_aws.aws import Aws
from offline_aws.handler_values import Values, block, given


def shown(aws: Aws, function: Values, found: Values) -> Values:
    """The attributes that the resource and the data source share."""
    return {
        **_blocks(function),
        "architectures": function.get("Architectures", ["x86_64"]),
        "arn": function["FunctionArn"],
        "code_sha256": function["CodeSha256"],
        "code_signing_config_arn": _code_signing(aws, function),
        "description": function.get("Description", ""),
        "function_name": function["FunctionName"],
        "handler": function.get("Handler", ""),
        "image_uri": found.get("Code", {}).get("ImageUri", ""),
        "invoke_arn": invoke_arn(aws, function["FunctionArn"]),
        "kms_key_arn": function.get("KMSKeyArn", ""),
        "last_modified": function["LastModified"],
        "layers": [layer["Arn"] for layer in function.get("Layers") or ()],
        "memory_size": function["MemorySize"],
        "reserved_concurrent_executions": found.get("Concurrency", {}).get(
            "ReservedConcurrentExecutions", -1
        ),
        "response_streaming_invoke_arn": invoke_arn(
            aws, function["FunctionArn"], "2021-11-15", "response-streaming-invocations"
        ),
        "role": function["Role"],
        "runtime": function.get("Runtime", ""),
        "signing_job_arn": function.get("SigningJobArn", ""),
        "signing_profile_version_arn": function.get("SigningProfileVersionArn", ""),
        "source_code_size": function["CodeSize"],
        "timeout": function["Timeout"],
    }


def _blocks(function: Values) -> dict[str, list[Values]]:
    dead_letters = function.get("DeadLetterConfig", {}).get("TargetArn")
    variables = function.get("Environment", {}).get("Variables")
    tenancy = function.get("TenancyConfig", {}).get("TenantIsolationMode")
    logging = function.get("LoggingConfig") or {}
    return {
        "dead_letter_config": [{"target_arn": dead_letters}] if dead_letters else [],
        "durable_config": block(
            function.get("DurableConfig"),
            execution_timeout="ExecutionTimeout",
            retention_period="RetentionPeriodInDays",
        ),
        "environment": [{"variables": variables}] if variables else [],
        "ephemeral_storage": [{"size": function.get("EphemeralStorage", {}).get("Size", 512)}],
        "file_system_config": [
            {"arn": item["Arn"], "local_mount_path": item["LocalMountPath"]}
            for item in function.get("FileSystemConfigs") or ()
        ],
        "logging_config": [
            {
                "application_log_level": logging.get("ApplicationLogLevel", ""),
                "log_format": logging.get("LogFormat", "Text"),
                "log_group": logging.get("LogGroup") or f"/aws/lambda/{function['FunctionName']}",
                "system_log_level": logging.get("SystemLogLevel", ""),
            }
        ],
        "tenancy_config": [{"tenant_isolation_mode": tenancy}] if tenancy else [],
        "tracing_config": [{"mode": (function.get("TracingConfig") or {}).get("Mode", "PassThrough")}],
        "vpc_config": _vpc(function),
    }


def _vpc(function: Values) -> list[Values]:
    vpc = function.get("VpcConfig") or {}
    if not vpc.get("VpcId") and not vpc.get("SubnetIds"):
        return []
    return [
        {
            "ipv6_allowed_for_dual_stack": vpc.get("Ipv6AllowedForDualStack", False),
            "security_group_ids": vpc.get("SecurityGroupIds", []),
            "subnet_ids": vpc.get("SubnetIds", []),
            "vpc_id": vpc.get("VpcId", ""),
        }
    ]


def image_config(function: Values) -> list[Values]:
    """The ``image_config`` block."""
    image = (function.get("ImageConfigResponse") or {}).get("ImageConfig")
    if not image:
        return []
    return [
        {
            "command": image.get("Command", []),
            "entry_point": image.get("EntryPoint", []),
            "working_directory": image.get("WorkingDirectory", ""),
        }
    ]


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
    """The newest published version, or ``$LATEST`` when none is."""
    pages = aws.client("lambda").get_paginator("list_versions_by_function").paginate(FunctionName=name)
    versions = [version for page in pages for version in page["Versions"]]
    return versions[-1] if versions else None


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


def data(aws: Aws, values: Values) -> Values:
    """The data source's values."""
    arguments = given(FunctionName=values["function_name"], Qualifier=values["qualifier"])
    found = aws.client("lambda").get_function(**arguments)
    function = found["Configuration"]
    latest = function if values["qualifier"] else latest_version(aws, values["function_name"]) or function
    unqualified = ":".join(function["FunctionArn"].split(":")[:7])
    return {
        **shown(aws, {**function, "FunctionArn": unqualified}, found),
        "id": function["FunctionName"],
        "qualified_arn": latest["FunctionArn"],
        "qualified_invoke_arn": invoke_arn(aws, latest["FunctionArn"]),
        "source_code_hash": function["CodeSha256"],
        "source_kms_key_arn": found.get("Code", {}).get("SourceKMSKeyArn", ""),
        "tags": found.get("Tags", {}),
        "version": latest["Version"],
    }
