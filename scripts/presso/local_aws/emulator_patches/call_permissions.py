"""What a call needs permission for: the actions, and the ARN of the resource by the service's own parameters.

Only where the emulator asks for others, for none that a role may have, or does not know the resource.

Sources: the service authorization reference, "Actions defined by" and "Resource types defined by" each
service; DynamoDB developer guide,
"IAM security policies with PartiQL for DynamoDB"; SQS developer guide, "Using identity-based policies": a
batch needs the permission for one message; KMS developer guide, "Controlling access to aliases": an alias is
resolved first; API reference of Secrets Manager, `CreateSecret`: with replicas.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb, dynamodb_streams, stepfunctions

from presso.local_aws.emulator_patches import condition_keys, executions
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(dynamodb, _parse_partiql="statement parameters")
PATCHES.uses(dynamodb_streams, _decode_iterator="token")
PATCHES.uses(stepfunctions, "_state_machines")

# Where a request about tags, or about a policy, names the thing, as JSON or as a form; in other requests
# AWS ignores such a parameter.
_ABOUT_ANY = re.compile("Tag|ResourcePolic")
_TAGGED = ("ResourceArn", "ResourceARN", "resourceArn")
# By service: the parameter with the resource's name, and its ARN after the account.
_NAMED = {
    "events": {
        "ApiDestination": ("Name", "api-destination/{}"),
        "Connection": ("Name", "connection/{}"),
    },
    "monitoring": {
        "DeleteAlarms": ("AlarmNames", "alarm:{}"),
        "DeleteDashboards": ("DashboardNames", "dashboard/{}"),
        "GetDashboard": ("DashboardName", "dashboard/{}"),
        "PutDashboard": ("DashboardName", "dashboard/{}"),
    },
    "kms": {"Alias": ("AliasName", "{}")},
    "iam": {"CreatePolicy": ("PolicyName", "policy/{}")},
}
_NAMESPACE = {"monitoring": "cloudwatch"}


@dataclass(frozen=True)
class Needed:
    """A permission.

    Args:
        action: The action.
        resources: The forms of the resource's ARN, of which a policy may allow any; none for the one that
            the emulator finds.
    """

    action: str
    resources: tuple[str, ...] = ()


def of(action: str, given: Json) -> list[Needed]:
    """Return what a call needs, each one of them; empty where the emulator's own answer holds.

    Args:
        action: The call's own action.
        given: Its parameters.
    """
    service, _, operation = action.partition(":")
    return list(_OF[service](operation, given)) if service in _OF else []


def _of_ssm(operation: str, given: Json) -> Iterator[Needed]:
    for name in _texts(given.get(_PARAMETERS.get(operation, "Name"))):
        yield Needed(f"ssm:{operation}", (_parameter(name),))


# Those that name no parameter have none, and those about tags have a `ResourceId`.
_PARAMETERS = {"DeleteParameters": "Names", "GetParameters": "Names", "GetParametersByPath": "Path"}


def _parameter(name: str) -> str:
    if name.startswith("arn:"):
        return name
    path = name.partition(":")[0]  # a version or a label follows
    return _arn("ssm", f"parameter{path if path.startswith('/') else f'/{path}'}")


def _of_kms(operation: str, given: Json) -> Iterator[Needed]:
    from ministack.services import kms  # `imported_keys` imports it late

    for name in () if operation.endswith("Alias") else _texts(given.get("KeyId")):
        key = kms._resolve_key(name) if "alias/" in name else None
        if key:
            yield Needed(f"kms:{operation}", (key["Arn"],))


def _of_secretsmanager(operation: str, given: Json) -> Iterator[Needed]:
    if operation == "CreateSecret" and given.get("AddReplicaRegions"):
        yield Needed("secretsmanager:CreateSecret")
        yield Needed("secretsmanager:ReplicateSecretToRegions")


def _of_sns(operation: str, given: Json) -> Iterator[Needed]:
    if operation == "PublishBatch":
        yield Needed("sns:Publish")


def _of_sqs(operation: str, given: Json) -> Iterator[Needed]:
    if operation.endswith("Batch"):
        yield Needed(f"sqs:{operation.removesuffix('Batch')}")
    elif operation.endswith(("MessageMoveTask", "MessageMoveTasks")):
        yield from (Needed(f"sqs:{operation}", (arn,)) for arn in _texts(given.get("SourceArn")))


def _of_dynamodb(operation: str, given: Json) -> Iterator[Needed]:
    if operation in _STATEMENTS:
        for statement in _statements(given.get(_STATEMENTS[operation]), given):
            yield _of_statement(operation, statement)
    elif operation == "ListStreams":
        # With a table's name: the streams of that one.
        tables = _texts(given.get("TableName"))
        yield from (Needed("dynamodb:ListStreams", (f"{_table(name)}/stream/*",)) for name in tables)
    elif operation in ("DescribeStream", "GetShardIterator"):
        yield from (Needed(f"dynamodb:{operation}", (arn,)) for arn in _texts(given.get("StreamArn")))
    elif operation == "GetRecords":
        for iterator in _texts(given.get("ShardIterator")):
            found = dynamodb_streams._decode_iterator(iterator) or {}
            arn = found.get("arn") or f"{_table(str(found.get('t')))}/stream/{iterator[:40]}"
            yield Needed("dynamodb:GetRecords", (arn,))


_STATEMENTS = {
    "BatchExecuteStatement": "Statements",
    "ExecuteStatement": "",
    "ExecuteTransaction": "TransactStatements",
}


def _statements(listed: Any, given: Json) -> list[Json]:
    found = listed if isinstance(listed, list) else [given]
    return [each for each in found if isinstance(each, dict)]


def _of_statement(operation: str, given: Json) -> Needed:
    try:
        found = dynamodb._parse_partiql(given.get("Statement"), given.get("Parameters") or [])
    except Exception:  # the emulator's own parser: the call itself fails too
        return Needed(f"dynamodb:{operation}")
    action = "Select" if found["op"] == "EXISTS" else str(found["op"]).title()
    index = f"/index/{found['index']}" if found.get("index") else ""
    return Needed(f"dynamodb:PartiQL{action}", (f"{_table(str(found['table']))}{index}",))


def _table(name: str) -> str:
    return name if name.startswith("arn:") else _arn("dynamodb", f"table/{name}")


def _of_logs(operation: str, given: Json) -> Iterator[Needed]:
    if "Tag" in operation or operation in ("CreateLogGroup", "DescribeLogGroups"):
        return
    stream = next(iter(_texts(given.get("logStreamName"))), "")
    for name in _GROUPS:
        for group in _texts(given.get(name)):
            arn = group.removesuffix(":*") if group.startswith("arn:") else _arn("logs", f"log-group:{group}")
            # The reference names both forms, without and with what is in the group.
            yield Needed(f"logs:{operation}", (f"{arn}:log-stream:{stream}", arn))


_GROUPS = ("logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers")


def _of_states(operation: str, given: Json) -> Iterator[Needed]:
    if operation.startswith("SendTask"):
        for token in _texts(given.get("taskToken")):
            arn = executions.waiting(token).replace(":execution:", ":stateMachine:").rpartition(":")[0]
            # On AWS a token has its state machine in it, also when its task is over: here it is any of them.
            yield Needed(f"states:{operation}", (arn,) if arn else tuple(stepfunctions._state_machines))
    else:
        found = [arn for name in _STATES for arn in _texts(given.get(name))]
        yield from (Needed(f"states:{operation}", (arn,)) for arn in found)


_STATES = ("mapRunArn", "stateMachineAliasArn", "stateMachineVersionArn")

_OF: dict[str, Callable[[str, Json], Iterator[Needed]]] = {
    "dynamodb": _of_dynamodb,
    "kms": _of_kms,
    "logs": _of_logs,
    "secretsmanager": _of_secretsmanager,
    "sns": _of_sns,
    "sqs": _of_sqs,
    "ssm": _of_ssm,
    "states": _of_states,
}


def resource(service: str, operation: str, path: str, body: bytes, params: Json) -> str:
    """Return the ARN of what a request is about; empty where the emulator's own answer holds."""
    given = {**params, **condition_keys.parsed(body)}
    if service in _BY_PATH:
        return _BY_PATH[service](path, given)
    if service in ("dynamodb", "logs", "monitoring", "sns", "states") and _ABOUT_ANY.search(operation):
        for name in _TAGGED:
            if _text(given.get(name)).startswith("arn:"):
                return _text(given.get(name))
    for ending, (name, pattern) in _NAMED.get(service, {}).items():
        if operation.endswith(ending) and _text(given.get(name)):
            found = pattern.format(_text(given.get(name)))
            everywhere = service == "iam" or found.startswith("dashboard")
            return _arn(_NAMESPACE.get(service, service), found, region="" if everywhere else None)
    return ""


def _function_or_layer(path: str, given: Json) -> str:
    """A function that is being made has its name in the body; a layer may be named by its ARN."""
    parts = path.strip("/").split("/")
    if parts[1:] == ["functions"]:
        return _arn("lambda", f"function:{_text(given.get('FunctionName'))}")
    if parts[1:2] == ["layers"] and len(parts) > 2:
        name = unquote(parts[2])
        layer = name if name.startswith("arn:") else _arn("lambda", f"layer:{name}")
        return ":".join([layer, *parts[4:5]])
    return ""


def _schedule(path: str, given: Json) -> str:
    kind, _, name = path.strip("/").partition("/")
    if kind == "schedules" and name:
        group = _text(given.get("GroupName")) or _text(given.get("groupName")) or "default"
        return _arn("scheduler", f"schedule/{group}/{name}")
    return _tagged(path, given)


def _tagged(path: str, given: Json) -> str:
    kind, _, arn = path.strip("/").partition("/")
    return unquote(arn) if kind == "tags" else ""


_BY_PATH: dict[str, Callable[[str, Json], str]] = {
    "lambda": _function_or_layer,
    "pipes": _tagged,
    "scheduler": _schedule,
}


def _arn(service: str, rest: str, *, region: str | None = None) -> str:
    here = get_region() if region is None else region
    return f"arn:aws:{service}:{here}:{get_account_id()}:{rest}"


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str) and each]


def _text(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) else ""
