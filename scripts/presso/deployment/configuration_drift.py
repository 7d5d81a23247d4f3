"""Drift: what was changed outside of Terraform and the next apply would change back, by attribute.

Terraform also reports as drift what its own applies cause, such as a queue's policy, which is a resource of
its own. So an attribute has drifted if the plan changes it back (`resource_drift` and `resource_changes`,
https://developer.hashicorp.com/terraform/internals/json-format). What was created outside of Terraform is in
no plan: `unmanaged` finds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HIDDEN = "(sensitive)"


@dataclass(frozen=True)
class DriftedAttribute:
    """An attribute: its value in the state, and the one that is there."""

    name: str
    state: Any
    found: Any


@dataclass(frozen=True)
class DriftedResource:
    """A resource that was changed or deleted.

    Args:
        address: In the unit's configuration.
        deleted: Whether it is gone.
        attributes: Those that were changed.
    """

    address: str
    deleted: bool
    attributes: tuple[DriftedAttribute, ...] = ()


def of(plan: Mapping[str, Any]) -> list[DriftedResource]:
    """Return the drift that a plan shows, in its order.

    Args:
        plan: As `terraform show -json` prints it.
    """
    planned = {each["address"]: each["change"] for each in plan.get("resource_changes", ())}
    found = []
    for drift in plan.get("resource_drift", ()):
        back = planned.get(drift["address"], {"actions": ["no-op"]})
        if back["actions"] in (["no-op"], ["read"]):
            continue
        deleted = drift["change"]["actions"] == ["delete"]
        attributes = () if deleted else _changed(drift["change"], back)
        if deleted or attributes:
            found.append(DriftedResource(drift["address"], deleted, attributes))
    return found


def _changed(drift: Mapping[str, Any], back: Mapping[str, Any]) -> tuple[DriftedAttribute, ...]:
    """Return the attributes that drifted and that the plan changes back."""
    before, after = drift["before"] or {}, drift["after"] or {}
    now, then, unknown = back["before"] or {}, back["after"] or {}, back.get("after_unknown") or {}
    sensitive = [drift.get("before_sensitive"), drift.get("after_sensitive")]
    return tuple(
        DriftedAttribute(
            name,
            *(HIDDEN if _hides(sensitive, name) else value for value in (before.get(name), after.get(name))),
        )
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
        and (now.get(name) != then.get(name) or bool(unknown.get(name)))
    )


def _hides(sensitive: list[Any], name: str) -> bool:
    """Return whether an attribute has a sensitive part; marks are True, or of the parts."""
    return any(_any(each.get(name) if isinstance(each, dict) else each) for each in sensitive)


def _any(marks: Any) -> bool:
    if isinstance(marks, dict):
        return any(map(_any, marks.values()))
    return any(map(_any, marks)) if isinstance(marks, list) else bool(marks)
