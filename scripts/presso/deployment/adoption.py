"""Adopts what a run that was cut short has created but not saved: by `import` blocks, for one run.

A kill between AWS's answer and the write of the state leaves a resource in no state, and creating it again
fails. presso adopts it only if it is certainly the unit's own: the unit's plan creates it under its name, it
has the unit's tags (a type without tags: the unit's name prefix), and no other unit's state holds it.

Ids for imports: the section Import of each type's page,
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso import atomic
from presso.deployment.tenant_resources import key
from presso.terraform.json_stream import Diagnostic
from presso.units.extension_calls import literal
from presso.units.unit import Unit

_FILE = "presso-adopted.tf.json"
# AWS's error codes for a name that is taken. Each service has its own.
_EXISTS = re.compile(
    r"AlreadyExist|ResourceConflictException|ResourceInUseException|ResourceExistsException|ConflictException"
    r"|OperationAbortedException|BucketAlreadyOwnedByYou|QueueNameExists|\balready exists?\b",
)
# The error names the queue and the function first, whose names an author chooses.
_UUID = re.compile(r"\bwith UUID ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Location:
    """Where a unit's resources are.

    Args:
        account: The 12-digit account.
        region: The tenant's.
        partition: Such as `aws`.
        queues: What the URL of a queue begins with, before the account.
        secret: Returns the ARN of a secret by its name; None where there is none.
    """

    account: str
    region: str
    partition: str
    queues: str
    secret: Callable[[str], str | None]


@dataclass(frozen=True)
class Adopted:
    """A resource to import.

    Args:
        address: Where in the configuration.
        type: Such as `aws_sqs_queue`.
        id: Its id for Terraform's import.
    """

    address: str
    type: str
    id: str


def exists(diagnostic: Diagnostic) -> bool:
    """Return whether an error means that a resource to create is there already."""
    text = f"{diagnostic.summary} {diagnostic.detail}"
    return diagnostic.severity == "error" and bool(diagnostic.address) and bool(_EXISTS.search(text))


def found(
    plan: Values, errors: Sequence[Diagnostic], place: Location, listed: Container[tuple[str, str]] = ()
) -> list[Adopted]:
    """Return what can be imported of the resources to create that exist.

    Args:
        plan: As `terraform show -json` prints it.
        errors: Those for which `exists` holds.
        place: Where they are.
        listed: The keys of resources that exist and that no state holds, as far as AWS has listed them.
    """
    failed = {error.address: f"{error.summary} {error.detail}" for error in errors}
    made = []
    for change in plan.get("resource_changes", ()):
        address, kind = change["address"], change["type"]
        if change["change"]["actions"] != ["create"]:
            continue
        identifier = _identifier(kind, change["change"]["after"], place, failed.get(address, ""))
        if identifier and (address in failed or key(kind, identifier) in listed):
            made.append(Adopted(address, kind, identifier))
    return made


def write(folder: Path, adopted: Sequence[Adopted]) -> None:
    """Write the `import` blocks into a unit's folder.

    Raises:
        OSError: They cannot be written.
    """
    blocks = [{"to": each.address, "id": literal(each.id)} for each in adopted]
    atomic.write(folder / _FILE, json.dumps({"import": blocks}, indent=2) + "\n")


def forget(folder: Path) -> None:
    """Remove the `import` blocks: they are for one run."""
    (folder / _FILE).unlink(missing_ok=True)


def without(plan: Values, adopted: Sequence[Adopted]) -> dict[str, Any]:
    """Return a plan as if these resources were in the state already: the gate rejects all other imports."""
    ours = {each.address: each.id for each in adopted}
    changes = []
    for change in plan.get("resource_changes", ()):
        imported = change["change"].get("importing")
        if imported and ours.get(change["address"]) == imported.get("id"):
            kept = {key: value for key, value in change["change"].items() if key != "importing"}
            change = {**change, "change": kept}
        changes.append(change)
    return {**plan, "resource_changes": changes}


def faults(
    plan: Values, adopted: Sequence[Adopted], unit: Unit, others: Mapping[tuple[str, str], Unit]
) -> Iterator[str]:
    """Yield why resources must not be adopted, each as a sentence: they may belong to others.

    Args:
        plan: With the imports in it.
        adopted: The imports.
        unit: Who adopts them.
        others: What other units' states hold, by type and id.
    """
    wanted = unit.tags
    changes = {change["address"]: change["change"] for change in plan.get("resource_changes", ())}
    for each in adopted:
        before = changes.get(each.address, {}).get("before") or {}
        what = f"{each.address} exists ({each.id})"
        if holder := others.get(key(each.type, str(before.get("id")))):
            yield f"{what} and belongs to {holder}"
        elif "tags_all" in before:
            if not wanted.items() <= (before["tags_all"] or {}).items():
                yield f"{what}, but lacks the tags of {unit}"
        elif Unit.owning(unit.tenant, each.id) != unit:
            yield f"{what}, but its name does not begin with {unit.prefix}"


def account(plan: Values) -> str:
    """Return the account that a plan has read; "" where it has not."""
    modules = [plan.get("prior_state", {}).get("values", {}).get("root_module", {})]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        for resource in module.get("resources", ()):
            if resource["type"] == "aws_caller_identity":
                return str(resource["values"]["account_id"])
    return ""


def _identifier(kind: str, values: Values, place: Location, message: str) -> str | None:
    """Return the id for an import; None where the plan does not know it, or the type has no known id."""
    if kind == "aws_lambda_event_source_mapping":  # AWS names the existing one in its error
        ids = _UUID.findall(message)
        return ids[-1] if ids else None
    if kind == "aws_secretsmanager_secret":
        return place.secret(values["name"]) if isinstance(values.get("name"), str) else None
    template = _IDS.get(kind)
    if template is None:
        return None
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    words = {"path": "/", "event_bus_name": "default", "group_name": "default"} | texts
    words |= {"account": place.account, "region": place.region, "partition": place.partition}
    words |= {"queues": place.queues}
    if "function_name" in words:  # a name or an ARN
        words["function"] = words["function_name"].rpartition(":")[2]
        words["version"] = ":".join(words[part] for part in ("function", "qualifier") if words.get(part))
    try:
        return template.format_map(words)
    except KeyError:  # known after apply
        return None


_IDS = {
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_event_api_destination": "{name}",
    "aws_cloudwatch_event_archive": "{name}",
    "aws_cloudwatch_event_bus": "{name}",
    "aws_cloudwatch_event_connection": "{name}",
    "aws_cloudwatch_event_rule": "{event_bus_name}/{name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_log_resource_policy": "{resource_arn}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_dynamodb_table": "{name}",
    "aws_iam_policy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "aws_iam_role": "{name}",
    "aws_kms_alias": "{name}",
    "aws_lambda_alias": "{function}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_function_url": "{function}",
    "aws_lambda_permission": "{version}/{statement_id}",
    "aws_pipes_pipe": "{name}",
    "aws_s3_bucket": "{bucket}",
    "aws_scheduler_schedule": "{group_name}/{name}",
    "aws_scheduler_schedule_group": "{name}",
    "aws_schemas_registry": "{name}",
    "aws_sfn_state_machine": "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
    "aws_sns_topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "aws_sqs_queue": "{queues}/{account}/{name}",
    "aws_ssm_parameter": "{name}",
}
