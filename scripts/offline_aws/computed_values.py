"""Computed values of new resources that follow from known ones: ARNs, ids and URLs, as AWS will set them.

A plan has "known after apply" for them, and for every policy that contains one. Nearly all follow from names,
which are known; for random parts (a key's id, the end of a secret's ARN) a value is made up: another one in
each prediction.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from offline_aws import OTHER_PREDICTIONS
from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, Values

_SALT = secrets.token_bytes(16)
_NOW = datetime.now(UTC)
# In another year than the day of the run.
_LEAST_DAYS, _MOST_DAYS = 400, 20_000


def lot(*names: object) -> str:
    """Return hexadecimal digits for something that AWS sets by chance: the same whenever that is planned."""
    return hmac.digest(_SALT, repr(names).encode(), "sha256").hex()


class Predicted(Aws):
    """AWS with what it sets by chance.

    Args:
        aws: AWS without that.
        prediction: Which one; with one of `OTHER_PREDICTIONS` all is other than in the first: each digit of
            an id, so that any two ids are in another order, too; versions, stamps, and the place of queues.
    """

    def __init__(self, aws: Aws, prediction: str) -> None:
        super().__init__(aws.configuration, aws.region, aws.seconds, aws.config)
        self.number = (*OTHER_PREDICTIONS, prediction).index(prediction) + 1
        self.is_first = prediction not in OTHER_PREDICTIONS

    def drawn(self, *names: object) -> bytes:
        """Random bytes for something."""
        first = bytes.fromhex(lot(*names))
        if self.is_first:
            return first
        mask = 0xFF if self.number == 1 else 0xAA
        return bytes(byte ^ mask for byte in first)

    def id(self, *names: object) -> str:
        """An id in the form of a UUID."""
        return str(uuid.UUID(bytes=self.drawn(self.region, self.account_id, *names)[:16], version=4))

    def ending(self, name: str) -> str:
        """The end of a secret's ARN: a hyphen and six letters and digits."""
        return "-" + base64.b64encode(self.drawn(self.region, name), b"Aa")[:6].decode()

    def version(self, *names: object) -> int:
        """The version of something that is counted: the first, or a later one."""
        if self.is_first:
            return 1
        least, most = (2, 9) if self.number == 1 else (10, 99)
        return least + int(lot("version", *names), 16) % (most - least + 1)

    @property
    def now(self) -> datetime:
        """The time of the apply."""
        if self.is_first:
            return _NOW
        return _NOW + timedelta(days=_LEAST_DAYS + int(lot(self.number), 16) % _MOST_DAYS)

    def stamp(self, prefix: str) -> str:
        """The provider's suffix after a name_prefix: the time, and a counter."""
        now = self.now
        return f"{now:%Y%m%d%H%M%S}{now.microsecond // 100:04d}{self.drawn(prefix)[0]:08x}"


Computed = Callable[[Predicted, Values], Mapping[str, Any]]


def _arn(service: str, resource: str, *also: str, **keywords: str) -> Computed:
    """The ARN, and attributes with the same value; `resource` is a template over the planned values."""

    def computed(aws: Predicted, values: Values) -> Mapping[str, Any]:
        return dict.fromkeys(("arn", *also), aws.arn(service, resource.format_map(values), **keywords))

    return computed


def _queue(aws: Predicted, values: Values) -> Mapping[str, Any]:
    place = f"https://sqs.{aws.region}.{aws.dns_suffix}" if aws.is_first else "http://localhost"
    url = f"{place}/{aws.account_id}/{values['name']}"
    return {"arn": aws.arn("sqs", values["name"]), "id": url, "url": url}


def _table(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("dynamodb", f"table/{values['name']}")
    label = f"{aws.now:%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    stream = {"stream_arn": f"{arn}/stream/{label}", "stream_label": label}
    return {"arn": arn, "id": values["name"], **(stream if values.get("stream_enabled") else {})}


def _function(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("lambda", f"function:{values['function_name']}")
    invoke = aws.arn("apigateway", f"lambda:path/2015-03-31/functions/{arn}/invocations", account="lambda")
    version = str(aws.version(arn)) if values.get("publish") else "$LATEST"
    return {
        "arn": arn,
        "id": values["function_name"],
        "invoke_arn": invoke,
        "qualified_arn": f"{arn}:{version}",
        "version": version,
    }


def _state_machine(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("states", f"stateMachine:{values['name']}")
    version = f"{arn}:{aws.version(arn)}" if values.get("publish") else ""
    return {"arn": arn, "id": arn, "state_machine_version_arn": version}


def _key(aws: Predicted, values: Values) -> Mapping[str, Any]:
    name = aws.id("key", values.get("description"))
    return {"arn": aws.arn("kms", f"key/{name}"), "id": name, "key_id": name}


def _rule(aws: Predicted, values: Values) -> Mapping[str, Any]:
    bus, name = values.get("event_bus_name") or "default", values["name"]
    path = name if bus == "default" else f"{bus}/{name}"
    return {"arn": aws.arn("events", f"rule/{path}"), "id": path}


def _bucket(aws: Predicted, values: Values) -> Mapping[str, Any]:
    name = values["bucket"]
    arn = aws.arn("s3", name, region="", account="")
    return {"arn": arn, "id": name, "bucket_domain_name": f"{name}.s3.{aws.dns_suffix}"}


def _secret(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("secretsmanager", f"secret:{values['name']}{aws.ending(values['name'])}")
    return {"arn": arn, "id": arn}


def _parameter(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("ssm", f"parameter/{values['name'].lstrip('/')}")
    return {"arn": arn, "id": values["name"], "version": aws.version(arn)}


def _layer(aws: Predicted, values: Values) -> Mapping[str, Any]:
    arn = aws.arn("lambda", f"layer:{values['layer_name']}")
    version = str(aws.version(arn))
    return {"arn": f"{arn}:{version}", "id": f"{arn}:{version}", "layer_arn": arn, "version": version}


def _with_id(kind: str) -> Computed:
    """EventBridge's connections and API destinations: the name and an id."""

    def computed(aws: Predicted, values: Values) -> Mapping[str, Any]:
        name = values["name"]
        return {"arn": aws.arn("events", f"{kind}/{name}/{aws.id(kind, name)}"), "id": name}

    return computed


def _connection(aws: Predicted, values: Values) -> Mapping[str, Any]:
    """EventBridge stores what a connection needs in a secret of the connection's name."""
    name = f"events!connection/{values['name']}/{aws.id('secret', values['name'])}"
    secret = f"secret:{name}{aws.ending(name)}"
    return {**_with_id("connection")(aws, values), "secret_arn": aws.arn("secretsmanager", secret)}


def _schedule(aws: Predicted, values: Values) -> Mapping[str, Any]:
    group = values.get("group_name")
    group = group if isinstance(group, str) else "default"
    path = f"{group}/{values['name']}"
    return {"arn": aws.arn("scheduler", f"schedule/{path}"), "group_name": group, "id": path}


def _role(kind: str) -> Computed:
    def computed(aws: Predicted, values: Values) -> Mapping[str, Any]:
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
    prediction = str(aws.configuration.arguments.get("secret_key"))
    values.update(_predicted(name, config, values, Predicted(aws, prediction)))


def _predicted(name: str, config: Values, values: Values, aws: Predicted) -> dict[str, Any]:
    """What AWS sets in place of unknown values."""
    found: dict[str, Any] = {}
    for attribute, prefix in _NAMES:
        if values.get(attribute) is UNKNOWN and config.get(attribute) is None:
            start = values.get(prefix)
            begin = start if isinstance(start, str) else "terraform-"
            found[attribute] = begin + aws.stamp(begin)
    work = COMPUTED.get(name)
    # A name that is unknown or not text is reported by the gate: nothing follows from it.
    with contextlib.suppress(KeyError, TypeError, AttributeError, IndexError):
        for attribute, value in (work(aws, {**values, **found}) if work else {}).items():
            free = values.get(attribute) is UNKNOWN and config.get(attribute) is None
            if free and "(known after apply)" not in str(value):
                found[attribute] = value
    return found
