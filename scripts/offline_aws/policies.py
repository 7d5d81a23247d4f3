"""Checks of IAM policy documents, which AWS makes at apply and the emulator never.

Source: "Grammar of the IAM JSON policy language" in the IAM User Guide. Only what every service refuses is
refused here; which actions and resources exist is not known.
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from offline_aws.handler_values import Check

PolicyKind = Literal["identity", "resource", "trust"]

_TOP = {"Version", "Id", "Statement"}
_STATEMENT = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_ACTION = re.compile(r"^[0-9A-Za-z-]+:[0-9A-Za-z*?:]+$")
_VERSIONS = ("2012-10-17", "2008-10-17")


def iam_policy(kind: PolicyKind = "identity") -> Check:
    """A policy document: of an identity (no principal), of a resource, or a role's trust (no resource)."""

    def check(value: Any) -> str | None:
        if not value:
            return "is an empty string, which is not a valid JSON value"
        try:
            document = json.loads(value)
        except ValueError as error:
            return f"contains an invalid JSON policy: {error}"
        if not isinstance(document, dict):
            return "contains an invalid JSON policy: a policy is an object, expected it to start with {"
        return _document(document, kind)

    return check


def _document(document: dict[str, Any], kind: PolicyKind) -> str | None:
    if unknown := sorted(document.keys() - _TOP):
        return f"contains an invalid policy: unknown element {unknown[0]}, expected one of {sorted(_TOP)}"
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        return f"contains an invalid policy: Version {document['Version']}, expected one of {list(_VERSIONS)}"
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        return "contains an invalid policy: expected at least one Statement"
    wrong = (_statement(item, kind) for item in statements)
    found = next(((index, text) for index, text in enumerate(wrong) if text), None)
    return f"contains an invalid policy: statement {found[0]}: {found[1]}" if found else None


def _statement(statement: Any, kind: PolicyKind) -> str | None:
    if not isinstance(statement, dict):
        return "expected an object"
    if unknown := sorted(statement.keys() - _STATEMENT):
        return f"unknown element {unknown[0]}, expected one of {sorted(_STATEMENT)}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Effect must be Allow or Deny, got {statement.get('Effect')}"
    if len({"Action", "NotAction"} & statement.keys()) != 1:
        return "expected exactly one of Action and NotAction"
    principals = {"Principal", "NotPrincipal"} & statement.keys()
    resources = {"Resource", "NotResource"} & statement.keys()
    if len(principals) > 1 or len(resources) > 1:
        return "expected at most one of Principal and NotPrincipal, and of Resource and NotResource"
    if kind == "identity" and principals:
        return f"a policy of an identity has no {principals.pop()}"
    if kind == "identity" and not resources:
        return "expected one of Resource and NotResource"
    if kind == "trust" and resources:
        return f"the trust policy of a role has no {resources.pop()}"
    if kind != "identity" and not principals:
        return "expected one of Principal and NotPrincipal"
    return _members(statement, kind)


def _members(statement: dict[str, Any], kind: PolicyKind) -> str | None:
    """What the values of a statement must look like; IAM itself is stricter than other services."""
    actions = _texts(statement.get("Action", statement.get("NotAction")))
    if wrong := next((text for text in actions if text != "*" and not _ACTION.match(text)), None):
        return f"action {wrong} must be * or of the form service:action"
    if kind == "identity":
        resources = _texts(statement.get("Resource", statement.get("NotResource")))
        if wrong := next((text for text in resources if text != "*" and not text.startswith("arn:")), None):
            return f"resource {wrong} must be * or an ARN"
    sid = statement.get("Sid", "")
    if kind != "resource" and not ((isinstance(sid, str) and sid.isalnum()) or sid == ""):
        return f"Sid {sid} must be of letters and digits"
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        return "Condition must be an object of operators, each an object of keys"
    return None


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
