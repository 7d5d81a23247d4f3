"""When AWS means the same by two texts: what ``ResourceHandler.equivalent`` is made of.

Source: the published provider's verify package (SuppressEquivalentJSONDiffs, SuppressEquivalentPolicyDiffs).
"""

from __future__ import annotations

import json
from typing import Any

from offline_aws.handler_values import text_of

_ONE_OR_MORE = {"Action", "NotAction", "Resource", "NotResource"}


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON texts hold the same value, lists in the same order (state machines, patterns)."""
    return bool(one == other or _parsed(one) == _parsed(other))


def same_policy(one: Any, other: Any) -> bool:
    """Whether two IAM policies mean the same: order of lists and single value against list of one aside,
    an account's number and its root's ARN being the same principal.
    """
    return bool(one == other or _policy(_parsed(one)) == _policy(_parsed(other)))


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _policy(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = _listed(document.get("Statement", []))
    found = {**document, "Statement": [_statement(item) for item in statements if isinstance(item, dict)]}
    return _unordered(found)


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in statement.items() if not (key == "Sid" and value == "")}
    for key in _ONE_OR_MORE & found.keys():
        found[key] = _listed(found[key])
    for key in {"Principal", "NotPrincipal"} & found.keys():
        found[key] = _principal(found[key])
    if "Condition" in found:
        found["Condition"] = {
            operator: {name: [text_of(item) for item in _listed(values)] for name, values in tests.items()}
            for operator, tests in found["Condition"].items()
            if isinstance(tests, dict)
        }
    return found


def _principal(principal: Any) -> Any:
    if not isinstance(principal, dict):
        return {"AWS": ["*"]} if principal == "*" else principal
    return {kind: [_account(item) for item in _listed(values)] for kind, values in principal.items()}


def _account(principal: Any) -> Any:
    """``arn:aws:iam::123456789012:root`` and ``123456789012`` are the same."""
    parts = str(principal).split(":")
    return parts[4] if len(parts) == 6 and parts[2] == "iam" and parts[5] == "root" else principal


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
