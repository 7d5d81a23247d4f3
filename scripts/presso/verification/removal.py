"""Removes what a run has created: by its ledger, the newest first, and nothing without the tenant's name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from presso import interruption
from presso.aws_access import Access, listed_items
from presso.verification.call_guard import Ledger
from presso.verification.redaction import redacted

_ATTEMPTS = 6
_PAUSE = 5.0


def _api(access: Access, name: str) -> None:
    client = access.client("apigatewayv2")
    for api in listed_items(client, "get_apis", "Items"):
        if api["Name"] == name:
            client.delete_api(ApiId=api["ApiId"])


def _bucket(access: Access, name: str) -> None:
    client = access.client("s3")
    for item in client.list_objects_v2(Bucket=name).get("Contents", []):
        client.delete_object(Bucket=name, Key=item["Key"])
    client.delete_bucket(Bucket=name)


def _bus(access: Access, name: str) -> None:
    client = access.client("events")
    for rule in listed_items(client, "list_rules", "Rules", EventBusName=name):
        here = {"Rule": rule["Name"], "EventBusName": name}
        ids = [target["Id"] for target in listed_items(client, "list_targets_by_rule", "Targets", **here)]
        if ids:
            client.remove_targets(Ids=ids, **here)
        client.delete_rule(Name=rule["Name"], EventBusName=name)
    client.delete_event_bus(Name=name)


def _function(access: Access, name: str) -> None:
    _log_group(access, f"/aws/lambda/{name}")
    access.client("lambda").delete_function(FunctionName=name)


def _log_group(access: Access, name: str) -> None:
    client = access.client("logs")
    for group in client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            client.delete_log_group(logGroupName=name)


def _mappings(access: Access, name: str) -> None:
    client = access.client("lambda")
    found = list(listed_items(client, "list_event_source_mappings", "EventSourceMappings", FunctionName=name))
    for mapping in found:
        if mapping.get("State") != "Deleting":
            client.delete_event_source_mapping(UUID=mapping["UUID"])


def _queue(access: Access, name: str) -> None:
    client = access.client("sqs")
    client.delete_queue(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"])


def _registry(access: Access, name: str) -> None:
    client = access.client("schemas")
    for schema in listed_items(client, "list_schemas", "Schemas", RegistryName=name):
        client.delete_schema(RegistryName=name, SchemaName=schema["SchemaName"])
    client.delete_registry(RegistryName=name)


def _role(access: Access, name: str) -> None:
    client = access.client("iam")
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    client.delete_role(RoleName=name)


def _user_pool(access: Access, name: str) -> None:
    client = access.client("cognito-idp")
    for pool in listed_items(client, "list_user_pools", "UserPools", MaxResults=60):
        if pool["Name"] == name:
            client.delete_user_pool(UserPoolId=pool["Id"])


def _call(service: str, operation: str, parameter: str) -> Callable[[Access, str], None]:
    """Return the removal that is one call with a name."""

    def remove(access: Access, name: str) -> None:
        getattr(access.client(service), operation)(**{parameter: name})

    return remove


def _by_arn(
    service: str, operation: str, parameter: str, form: str, *, regional: bool = True
) -> Callable[[Access, str], None]:
    """Return the removal that is one call with an ARN; `form` has `{}` for the name."""
    prefix = {"stepfunctions": "states"}.get(service, service)

    def remove(access: Access, name: str) -> None:
        arn = access.arn(prefix, form.format(name), regional=regional)
        getattr(access.client(service), operation)(**{parameter: arn})

    return remove


KINDS: Mapping[str, Callable[[Access, str], None]] = {
    "API": _api,
    "API destination": _call("events", "delete_api_destination", "Name"),
    "archive": _call("events", "delete_archive", "ArchiveName"),
    "bucket": _bucket,
    "bus": _bus,
    "client": lambda access, name: None,  # it goes with its user pool
    "connection": _call("events", "delete_connection", "Name"),
    "function": _function,
    "log group": _log_group,
    "mapping": _mappings,
    "parameter": _call("ssm", "delete_parameter", "Name"),
    "pipe": _call("pipes", "delete_pipe", "Name"),
    "policy": _by_arn("iam", "delete_policy", "PolicyArn", "policy/{}", regional=False),
    "queue": _queue,
    "registry": _registry,
    "role": _role,
    "schedule": _call("scheduler", "delete_schedule", "Name"),
    "schedule group": _call("scheduler", "delete_schedule_group", "Name"),
    "state machine": _by_arn("stepfunctions", "delete_state_machine", "stateMachineArn", "stateMachine:{}"),
    "table": _call("dynamodb", "delete_table", "TableName"),
    "topic": _by_arn("sns", "delete_topic", "TopicArn", "{}"),
    "user pool": _user_pool,
}
_GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "ResourceNotFound")


def remove_all(access: Access, ledger: Ledger, tenant: str) -> list[str]:
    """Remove everything in a ledger; return what is left, each with AWS's words.

    Args:
        access: To the account, not through the guard.
        ledger: Of the run.
        tenant: The name that each of its things has; what has not is left alone, and reported.
    """
    left, dead = [], {name for kind, name in ledger.created() if kind == "function"}
    for kind, name in ledger.created():
        if tenant not in name or kind not in KINDS:
            left.append(f"{kind} {name}: not of {tenant}")
        elif interruption.hurried():
            left.append(f"{kind} {name}: not tried after a second request to stop")
        elif words := _removed(access, kind, name):
            left.append(f"{kind} {name}: {words}")
    for name in dead:  # Lambda may have written a line after its function was deleted
        _log_group(access, f"/aws/lambda/{name}")
    return left


def _removed(access: Access, kind: str, name: str) -> str:
    """Remove one thing, and return "", or why that failed."""
    from botocore.exceptions import BotoCoreError, ClientError

    words = ""
    for attempt in range(_ATTEMPTS):
        try:
            KINDS[kind](access, name)
        except ClientError as error:
            code = json.dumps(error.response["Error"])
            if any(gone in code for gone in _GONE) or "does not exist" in str(error):
                return ""
            words = redacted(str(error), access.account)
            # What is in use, or changes at the moment, can be removed later.
            if not any(
                sign in code for sign in ("InUse", "Conflict", "Concurrent", "DeleteConflict", "Throttl")
            ):
                return words
        except BotoCoreError as error:
            words = str(error)
        else:
            return ""
        if attempt < _ATTEMPTS - 1 and interruption.hurried():
            break
        interruption.wait(_PAUSE)
    return words
