"""``aws_lambda_permission``: one statement of a function's policy.

Source: internal/service/lambda/permission.go.
"""

from __future__ import annotations

import json
import re
from typing import Any

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Derived
from offline_aws.enums import enum
from offline_aws.handler_values import ResourceError, Values, given
from offline_aws.propagation import eventually
from offline_aws.resource import ResourceHandler
from offline_aws.services.lambda_functions import NAME
from offline_aws.shapes import to_api
from offline_aws.validators import arn, length, matches

_STATEMENT = (
    length(1, 100),
    matches(r"^[0-9A-Za-z_-]+$", "must match [0-9A-Za-z_-]"),
)

# Attribute -> the condition (operator, key) under which Lambda keeps it.
_CONDITIONS = {
    "event_source_token": ("StringEquals", "lambda:EventSourceToken"),
    "function_url_auth_type": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "invoked_via_function_url": ("Bool", "lambda:InvokedViaFunctionUrl"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
    "source_account": ("StringEquals", "AWS:SourceAccount"),
    "source_arn": ("ArnLike", "AWS:SourceArn"),
}


_PERMISSION = Derived("aws_lambda_permission", "lambda", "AddPermissionRequest")


def _create(aws: Aws, values: Values) -> None:
    arguments = to_api(values, _PERMISSION)
    client = aws.client("lambda")
    passing = ("ResourceConflictException", "in progress"), ("ResourceNotFoundException", "")
    # Modules name an alias without waiting for it.
    local = 10.0 if values["qualifier"] else 0.0
    eventually(aws, lambda: client.add_permission(**arguments), *passing, local=local)
    values["id"] = values["statement_id"]


def _read(aws: Aws, values: Values) -> Values | None:
    arguments = given(FunctionName=values["function_name"], Qualifier=values.get("qualifier"))
    policy = json.loads(aws.client("lambda").get_policy(**arguments)["Policy"])
    found = next((item for item in policy["Statement"] if item.get("Sid") == values["id"]), None)
    if found is None:
        return None
    return {
        "id": values["id"],
        "action": found["Action"],
        "function_name": _function(values["function_name"], found["Resource"], values.get("qualifier")),
        "principal": _principal(found["Principal"], values.get("principal")),
        "qualifier": values.get("qualifier") or _qualifier(found["Resource"]),
        "statement_id": values["id"],
        **{name: _condition(found, *where) for name, where in _CONDITIONS.items()},
    }


def _function(stored: str, resource: str, qualifier: str | None) -> str:
    """In the form in which it is stored: name or ARN."""
    if stored.startswith("arn:"):
        return resource.removesuffix(f":{qualifier}") if qualifier else resource
    parts = resource.split(":")
    return parts[6] if len(parts) > 6 else resource


def _qualifier(resource: str) -> str | None:
    parts = resource.split(":")
    return parts[7] if len(parts) > 7 else None


def _principal(principal: Any, stored: str | None) -> str:
    text = principal
    if isinstance(principal, dict):
        text = principal.get("Service") or principal.get("AWS") or principal.get("Federated") or ""
    # Lambda keeps an account as the ARN of its root.
    root = re.fullmatch(r"arn:[\w-]+:iam::(\d{12}):root", text)
    return root[1] if root and (stored is None or stored == root[1]) else str(text)


def _condition(statement: Values, operator: str, key: str) -> Any:
    conditions = {name.lower(): tests for name, tests in (statement.get("Condition") or {}).items()}
    tests = {name.lower(): value for name, value in conditions.get(operator.lower(), {}).items()}
    value = tests.get(key.lower())
    return str(value).lower() == "true" if operator == "Bool" and value is not None else value


def _delete(aws: Aws, values: Values) -> None:
    arguments = given(
        FunctionName=values["function_name"], Qualifier=values["qualifier"], StatementId=values["id"]
    )
    client = aws.client("lambda")
    eventually(
        aws, lambda: client.remove_permission(**arguments), ("ResourceConflictException", "in progress")
    )


def _import(aws: Aws, identifier: str) -> Values:
    function, _, statement = identifier.rpartition("/")
    if not function or not statement:
        raise ResourceError(
            f"unexpected format of ID ({identifier})",
            detail="Expected FUNCTION_NAME/STATEMENT_ID or FUNCTION_NAME:QUALIFIER/STATEMENT_ID",
        )
    values: Values = {"id": statement, "statement_id": statement, "function_name": function}
    if not function.startswith("arn:") and ":" in function:
        values["function_name"], values["qualifier"] = function.split(":", 1)
    return values


def _identifier(aws: Aws, identity: Values) -> str:
    qualified = filter(None, (identity["function_name"], identity["qualifier"]))
    return f"{':'.join(qualified)}/{identity['statement_id']}"


PERMISSION = ResourceHandler(
    create=_create,
    read=_read,
    delete=_delete,
    imports=_import,
    identifier=_identifier,
    validators={
        "action": matches(r"^(lambda:[*]|lambda:[A-Za-z]+|[*])$", "must be lambda:<operation> or *"),
        "event_source_token": (length(1, 256), matches(r"^[0-9A-Za-z_.-]+$", "must match [0-9A-Za-z_.-]")),
        "function_name": NAME,
        "function_url_auth_type": enum("lambda", "FunctionUrlAuthType"),
        "qualifier": (length(1, 128), matches(r"^[0-9A-Za-z$_-]+$", "must match [0-9A-Za-z$_-]")),
        "source_account": matches(r"^\d{12}$", "must be an account: 12 digits"),
        "source_arn": arn,
        "statement_id": _STATEMENT,
        "statement_id_prefix": _STATEMENT,
    },
    name="statement_id",
    name_prefix="statement_id_prefix",
)
