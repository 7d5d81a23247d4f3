"""``aws_lambda_function``.

Source: internal/service/lambda/function.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from offline_aws.aws import Aws
from offline_aws.calls import tagging
from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, changed, given
from offline_aws.propagation import eventually
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.lambda_responses import invoke_arn, latest_version, shown_function, snap_start
from offline_aws.shapes import Nested, key_of, to_api
from offline_aws.validators import arn, at_least, between, each, length, matches

_FULL = re.compile(
    r"^(?:arn:[\w-]+:lambda:[a-z]{2}-(?:[a-z]+-){1,2}\d:)?\d{12}:function:([0-9A-Za-z_-]+)(?::[$0-9A-Za-z_-]+)?$"
)


def _short(value: Any) -> str | None:
    """What is wrong with the name in a function's name or ARN: lambda/validate.go of 2025."""
    found = _FULL.match(value)
    name = found[1] if found else value
    if len(name) <= 64:
        return None
    return f"expected length of the function's name to be at most 64, got {name} ({len(name)} characters)"


NAME = (
    length(1, 140),
    matches(
        r"^(arn:[\w-]+:lambda:)?([a-z]{2}-(?:[a-z]+-){1,2}\d:)?(\d{12}:)?(function:)?([0-9A-Za-z_-]+)"
        r"(:(\$LATEST|[0-9A-Za-z_-]+))?$",
        "must be valid function name or function ARN",
    ),
    _short,
)

_CODE = ("filename", "image_uri", "s3_bucket", "s3_key", "s3_object_version", "source_kms_key_arn")
_CODE_CHANGES = (*_CODE, "architectures", "code_sha256", "source_code_hash")
# What a new role, key or network is refused with until it is known everywhere (retryFunctionOp).
_PASSING = (
    ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda"),
    ("InvalidParameterValueException", "The provided execution role does not have permissions"),
    ("InvalidParameterValueException", "throttled by EC2"),
    ("InvalidParameterValueException", "Lambda was unable to configure access to your environment variables"),
    ("InvalidParameterValueException", "not authorized to perform: sts:AssumeRole"),
    ("ResourceConflictException", ""),
)


def code(aws: Aws, values: Values) -> Values:
    """Where the code is, as the API wants it: the file's content, an image or an object in S3."""
    if values["filename"]:
        path = aws.path(values["filename"])
        try:
            return {"ZipFile": path.read_bytes()}
        except OSError as error:
            summary = f"reading ZIP file ({values['filename']}): {error.strerror}"
            raise ResourceError(summary, detail=f"Looked for {path}.", path="filename") from error
    return given(
        ImageUri=values["image_uri"],
        S3Bucket=values["s3_bucket"],
        S3Key=values["s3_key"],
        S3ObjectVersion=values["s3_object_version"],
    )


_derived = partial(
    Derived,
    "aws_lambda_function",
    "lambda",
    without={"function_name"},
    keys={"durable_config.retention_period": "RetentionPeriodInDays"},
)
_FUNCTION = _derived("CreateFunctionRequest")
_CONFIGURATION = _derived("UpdateFunctionConfigurationRequest")
# What the update is sent for what is absent.
_EMPTY: dict[str, Any] = {
    "dead_letter_config": {"TargetArn": ""},
    "description": "",
    "environment": {"Variables": {}},
    "file_system_config": [],
    "kms_key_arn": "",
    "layers": [],
    "snap_start": {"ApplyOn": "None"},
    "vpc_config": {"Ipv6AllowedForDualStack": False, "SecurityGroupIds": [], "SubnetIds": []},
}


def _create(aws: Aws, values: Values) -> None:
    client, name = aws.client("lambda"), values["function_name"]
    arguments = {
        "FunctionName": name,
        "Code": {**code(aws, values), **given(SourceKMSKeyArn=values["source_kms_key_arn"])},
        **to_api(values, _FUNCTION),
        **given(Tags=values["tags_all"]),
    }
    eventually(aws, lambda: client.create_function(**arguments), *_PASSING)
    values["id"] = name
    _wait(aws, name, "State", "create")
    if (values["reserved_concurrent_executions"] or 0) >= 0:
        client.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=values["reserved_concurrent_executions"]
        )


def _wait(aws: Aws, name: str, key: str, operation: str) -> None:
    """Wait until a create (``State``) or update (``LastUpdateStatus``) of the function is over."""

    def done() -> bool:
        found = aws.client("lambda").get_function_configuration(FunctionName=name)
        if found.get(key) == "Failed":
            reason = found.get(f"{key}Reason", "AWS gives no reason")
            raise ResourceError(f"waiting for Lambda Function ({name}) {operation}: {reason}")
        return found.get(key) not in ("Pending", "InProgress")

    aws.wait(done, f"Lambda Function ({name}) {operation}")


def _read(aws: Aws, values: Values) -> Values:
    found = aws.client("lambda").get_function(FunctionName=values["id"])
    function = found["Configuration"]
    latest = latest_version(aws, values["id"]) or function
    return {
        **shown_function(aws, function, found),
        "id": function["FunctionName"],
        "package_type": function.get("PackageType", "Zip"),
        "publish": values.get("publish") or False,
        "qualified_arn": latest["FunctionArn"],
        "qualified_invoke_arn": invoke_arn(aws, latest["FunctionArn"]),
        "skip_destroy": values.get("skip_destroy") or False,
        "snap_start": snap_start(function),
        "source_kms_key_arn": found.get("Code", {}).get("SourceKMSKeyArn"),
        "tags_all": found.get("Tags", {}),
        "version": latest["Version"],
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    client, name = aws.client("lambda"), values["id"]
    if changed(values, prior, "code_signing_config_arn"):
        if values["code_signing_config_arn"]:
            client.put_function_code_signing_config(
                FunctionName=name, CodeSigningConfigArn=values["code_signing_config_arn"]
            )
        else:
            client.delete_function_code_signing_config(FunctionName=name)
    configuration = _update_configuration(aws, values, prior)
    code = _update_code(aws, values, prior)
    if changed(values, prior, "reserved_concurrent_executions"):
        reserved = values["reserved_concurrent_executions"]
        if reserved >= 0:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        else:
            client.delete_function_concurrency(FunctionName=name)
    if values["publish"] and (configuration or code or changed(values, prior, "publish")):
        conflict = ("ResourceConflictException", "in progress")
        eventually(aws, lambda: client.publish_version(FunctionName=name), conflict)


def _update_configuration(aws: Aws, values: Values, prior: Values) -> bool:
    names = [name for name in _CONFIGURATION if changed(values, prior, name)]
    if not names:
        return False
    if "kms_key_arn" in names:
        names.append("environment")  # AWS encrypts the variables anew only when they are sent
    arguments = _configuration(values, names)
    client = aws.client("lambda")
    eventually(
        aws,
        lambda: client.update_function_configuration(FunctionName=values["id"], **arguments),
        *_PASSING,
    )
    _wait(aws, values["id"], "LastUpdateStatus", "update")
    return True


def _configuration(values: Values, names: list[str]) -> dict[str, Any]:
    found = to_api(values, {name: _CONFIGURATION[name] for name in names})
    for name in names:
        member = _CONFIGURATION[name]
        empty = _EMPTY.get(name, {} if isinstance(member, Nested) else None)
        if isinstance(empty, dict):
            found[key_of(member)] = {**empty, **found.get(key_of(member), {})}
        elif empty is not None:
            found.setdefault(key_of(member), empty)
    return found


def _update_code(aws: Aws, values: Values, prior: Values) -> bool:
    if not changed(values, prior, *_CODE_CHANGES):
        return False
    arguments = given(
        FunctionName=values["id"],
        Architectures=values["architectures"] if changed(values, prior, "architectures") else None,
        SourceKMSKeyArn=values["source_kms_key_arn"],
        **code(aws, values),
    )
    client = aws.client("lambda")
    eventually(
        aws, lambda: client.update_function_code(**arguments), ("ResourceConflictException", "in progress")
    )
    _wait(aws, values["id"], "LastUpdateStatus", "update")
    return True


def _delete(aws: Aws, values: Values) -> None:
    if not values["skip_destroy"]:
        aws.client("lambda").delete_function(FunctionName=values["id"])


def _plan(plan: Plan) -> None:
    prior = plan.prior
    if prior is None:
        return
    # AWS has no environment without variables and no network without subnets.
    for name, content in (
        ("environment", ("variables",)),
        ("vpc_config", ("security_group_ids", "subnet_ids")),
    ):
        blocks = plan.values[name]
        if isinstance(blocks, list) and blocks and not prior[name]:
            parts = [blocks[0][key] for key in content]
            if all(part is not UNKNOWN and not part for part in parts):
                plan.values[name] = prior[name]
    configuration, code = plan.changed(*_CONFIGURATION), plan.changed(*_CODE_CHANGES)
    if configuration or code:
        plan.values["last_modified"] = UNKNOWN
    if code:
        plan.values["source_code_size"] = UNKNOWN
        if plan.config["code_sha256"] is None:
            plan.values["code_sha256"] = UNKNOWN
    if plan.values["publish"] is True and (configuration or code or plan.changed("publish")):
        for name in ("qualified_arn", "qualified_invoke_arn", "version"):
            plan.values[name] = UNKNOWN
    had, has = bool(prior["durable_config"]), plan.values["durable_config"] not in ([], None)
    if had != has:
        plan.replaced.append("durable_config")


def _zip_needs(values: Values) -> Iterable[tuple[str, str]]:
    if values["package_type"] in (None, "Zip"):
        for name in ("handler", "runtime"):
            if values[name] is None or values[name] == "":
                yield name, f"{name} must be set when PackageType is Zip"


FUNCTION = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tag=tagging("lambda", "Resource"),
    plan=_plan,
    checks=(_zip_needs,),
    defaults={
        "durable_config.retention_period": 14,
        "logging_config.application_log_level": "",
        "logging_config.system_log_level": "",
        "memory_size": 128,
        "package_type": "Zip",
        "publish": False,
        "reserved_concurrent_executions": -1,
        "skip_destroy": False,
        "timeout": 3,
        "vpc_config.ipv6_allowed_for_dual_stack": False,
    },
    stored_only={
        "replace_security_groups_on_destroy",
        "replacement_security_group_ids",
        "skip_destroy",
        "use_resource_timeout_for_propagation",
    },
    shapes=(_FUNCTION,),
    validators={
        "code_signing_config_arn": arn,
        "dead_letter_config.target_arn": arn,
        "durable_config.execution_timeout": between(1, 31622400),
        "durable_config.retention_period": between(1, 90),
        "environment.variables": each(
            matches("^[A-Za-z][0-9A-Za-z_]+$", "a variable has two or more letters, digits and _")
        ),
        "ephemeral_storage.size": between(512, 10240),
        "file_system_config.arn": arn,
        "file_system_config.local_mount_path": matches(r"^/mnt/[0-9A-Za-z_.-]+$", "must start with '/mnt/'"),
        "function_name": NAME,
        "handler": length(1, 128),
        "kms_key_arn": arn,
        "layers": (length(0, 5), each(arn)),
        "logging_config.log_group": (
            length(1, 512),
            matches(r"^[0-9A-Za-z_./#-]+$", "must match [0-9A-Za-z_./#-]"),
        ),
        "memory_size": between(128, 10240),
        "reserved_concurrent_executions": at_least(-1),
        "role": arn,
        "source_kms_key_arn": arn,
        "timeout": between(1, 900),
    },
    exactly_one_of=(("filename", "image_uri", "s3_bucket"),),
    conflicts=(
        ("source_kms_key_arn", "image_uri"),
        ("s3_object_version", "filename"),
        ("s3_object_version", "image_uri"),
    ),
    required_with={
        "replacement_security_group_ids": ("replace_security_groups_on_destroy",),
        "s3_bucket": ("s3_key",),
        "s3_key": ("s3_bucket",),
    },
    name=None,
    timeouts={"create": 600, "update": 600, "delete": 600},
    differs="Names of environment variables are checked at plan; the published provider leaves them to AWS.",
)
