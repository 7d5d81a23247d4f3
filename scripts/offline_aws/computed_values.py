"""Computed values of new resources that follow from known ones: ARNs, ids and URLs, as AWS will set them.

A plan has "known after apply" for them, and for every policy that contains one. Nearly all follow from names,
which are known; for random parts (a key's id, the end of a secret's ARN) a value is made up.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, Values

_SALT = secrets.token_bytes(16)
_NOW = datetime.now(UTC)
Computed = Callable[[Aws, Values], Mapping[str, Any]]


def _arn(service: str, resource: str, *also: str, **keywords: str) -> Computed:
    """The ARN, and attributes with the same value; `resource` is a template over the planned values."""

    def computed(aws: Aws, values: Values) -> Mapping[str, Any]:
        return dict.fromkeys(("arn", *also), aws.arn(service, resource.format_map(values), **keywords))

    return computed


def _queue(aws: Aws, values: Values) -> Mapping[str, Any]:
    url = f"https://sqs.{aws.region}.{aws.dns_suffix}/{aws.account_id}/{values['name']}"
    return {"arn": aws.arn("sqs", values["name"]), "id": url, "url": url}


def _table(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("dynamodb", f"table/{values['name']}")
    label = f"{_NOW:%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    stream = {"stream_arn": f"{arn}/stream/{label}", "stream_label": label}
    return {"arn": arn, "id": values["name"], **(stream if values.get("stream_enabled") else {})}


def _function(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("lambda", f"function:{values['function_name']}")
    invoke = aws.arn("apigateway", f"lambda:path/2015-03-31/functions/{arn}/invocations", account="lambda")
    version = "1" if values.get("publish") else "$LATEST"
    return {
        "arn": arn,
        "id": values["function_name"],
        "invoke_arn": invoke,
        "qualified_arn": f"{arn}:{version}",
        "version": version,
    }


def _state_machine(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("states", f"stateMachine:{values['name']}")
    return {"arn": arn, "id": arn, "state_machine_version_arn": f"{arn}:1" if values.get("publish") else ""}


def lot(*names: object) -> str:
    """Return hexadecimal digits for something that AWS sets by chance: the same whenever that is planned."""
    return hmac.digest(_SALT, repr(names).encode(), "sha256").hex()


def _id(aws: Aws, *names: object) -> str:
    return str(uuid.UUID(lot(aws.region, aws.account_id, *names)[:32], version=4))


def _ending(aws: Aws, name: str) -> str:
    """The end of a secret's ARN: a hyphen and six letters and digits."""
    return "-" + base64.b64encode(bytes.fromhex(lot(aws.region, name)), b"Aa")[:6].decode()


def _stamp(prefix: str) -> str:
    """The provider's suffix after a name_prefix: the time, and a counter."""
    return f"{_NOW:%Y%m%d%H%M%S}{_NOW.microsecond // 100:04d}{int(lot(prefix)[:2], 16):08x}"


def _key(aws: Aws, values: Values) -> Mapping[str, Any]:
    name = _id(aws, "key", values.get("description"))
    return {"arn": aws.arn("kms", f"key/{name}"), "id": name, "key_id": name}


def _rule(aws: Aws, values: Values) -> Mapping[str, Any]:
    bus, name = values.get("event_bus_name") or "default", values["name"]
    path = name if bus == "default" else f"{bus}/{name}"
    return {"arn": aws.arn("events", f"rule/{path}"), "id": path}


def _bucket(aws: Aws, values: Values) -> Mapping[str, Any]:
    name = values["bucket"]
    arn = aws.arn("s3", name, region="", account="")
    return {"arn": arn, "id": name, "bucket_domain_name": f"{name}.s3.{aws.dns_suffix}"}


def _secret(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("secretsmanager", f"secret:{values['name']}{_ending(aws, values['name'])}")
    return {"arn": arn, "id": arn}


def _parameter(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("ssm", f"parameter/{values['name'].lstrip('/')}")
    return {"arn": arn, "id": values["name"], "version": 1}


def _layer(aws: Aws, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("lambda", f"layer:{values['layer_name']}")
    return {"arn": f"{arn}:1", "id": f"{arn}:1", "layer_arn": arn, "version": "1"}


def _with_id(kind: str) -> Computed:
    """EventBridge's connections and API destinations: the name and an id."""

    def computed(aws: Aws, values: Values) -> Mapping[str, Any]:
        name = values["name"]
        return {"arn": aws.arn("events", f"{kind}/{name}/{_id(aws, kind, name)}"), "id": name}

    return computed


def _connection(aws: Aws, values: Values) -> Mapping[str, Any]:
    """EventBridge stores what a connection needs in a secret of the connection's name."""
    name = f"events!connection/{values['name']}/{_id(aws, 'secret', values['name'])}"
    secret = f"secret:{name}{_ending(aws, name)}"
    return {**_with_id("connection")(aws, values), "secret_arn": aws.arn("secretsmanager", secret)}


def _schedule(aws: Aws, values: Values) -> Mapping[str, Any]:
    group = values.get("group_name")
    group = group if isinstance(group, str) else "default"
    path = f"{group}/{values['name']}"
    return {"arn": aws.arn("scheduler", f"schedule/{path}"), "group_name": group, "id": path}


def _role(kind: str) -> Computed:
    def computed(aws: Aws, values: Values) -> Mapping[str, Any]:
        arn = aws.arn("iam", f"{kind}{values.get('path') or '/'}{values['name']}", region="")
        return {"arn": arn, "id": values["name"] if kind == "role" else arn}

    return computed


COMPUTED: Mapping[str, Computed] = {
    "aws_cloudwatch_dashboard": lambda aws, values: {
        "dashboard_arn": aws.arn("cloudwatch", f"dashboard/{values['dashboard_name']}", region="")
    },
    "aws_cloudwatch_event_api_destination": _with_id("api-destination"),
    "aws_cloudwatch_event_connection": _connection,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_log_group": lambda aws, values: {
        "arn": aws.arn("logs", f"log-group:{values['name']}"),
        "id": values["name"],
    },
    "aws_cloudwatch_metric_alarm": _arn("cloudwatch", "alarm:{alarm_name}"),
    "aws_dynamodb_table": _table,
    "aws_iam_policy": _role("policy"),
    "aws_iam_role": _role("role"),
    "aws_kms_alias": _arn("kms", "{name}"),
    "aws_kms_key": _key,
    "aws_lambda_alias": _arn("lambda", "function:{function_name}:{name}"),
    "aws_lambda_function": _function,
    "aws_lambda_layer_version": _layer,
    "aws_pipes_pipe": _arn("pipes", "pipe/{name}"),
    "aws_s3_bucket": _bucket,
    "aws_scheduler_schedule": _schedule,
    "aws_scheduler_schedule_group": _arn("scheduler", "schedule-group/{name}"),
    "aws_secretsmanager_secret": _secret,
    "aws_sfn_alias": lambda aws, values: {
        "arn": values["routing_configuration"][0]["state_machine_version_arn"].rpartition(":")[0]
        + f":{values['name']}"
    },
    "aws_sfn_state_machine": _state_machine,
    "aws_sns_topic": _arn("sns", "{name}", "id"),
    "aws_sqs_queue": _queue,
    "aws_ssm_parameter": _parameter,
}
_NAMES = (("name", "name_prefix"), ("bucket", "bucket_prefix"))


def fill(name: str, config: Values, values: Values, aws: Aws) -> None:
    """Fill unknown values of a new resource, as far as they follow from known ones.

    A configured value that is unknown stays so: the author set it.
    """
    for attribute, prefix in _NAMES:
        if values.get(attribute) is UNKNOWN and config.get(attribute) is None:
            start = values.get(prefix)
            begin = start if isinstance(start, str) else "terraform-"
            values[attribute] = begin + _stamp(begin)
    work = COMPUTED.get(name)
    # A name that is unknown or not text is reported by the gate: nothing follows from it.
    with contextlib.suppress(KeyError, TypeError, AttributeError, IndexError):
        for attribute, value in (work(aws, values) if work else {}).items():
            free = values.get(attribute) is UNKNOWN and config.get(attribute) is None
            if free and "(known after apply)" not in str(value):
                values[attribute] = value
