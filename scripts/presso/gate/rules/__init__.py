"""The rules, each a small function over the model."""

from presso.gate.rules import (
    conditions,
    conduct,
    deletion,
    events,
    metadata,
    pointers,
    policies,
    quotas,
    resources,
    safety,
)

__all__ = [
    "conditions",
    "conduct",
    "deletion",
    "events",
    "metadata",
    "pointers",
    "policies",
    "quotas",
    "resources",
    "safety",
]
