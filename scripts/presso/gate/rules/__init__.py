"""The checks, each a small function over the model."""

from presso.gate.rules import (
    conditions,
    conduct,
    deletion,
    events,
    locks,
    metadata,
    pointers,
    policies,
    quotas,
    resources,
    safety,
    unknowns,
    workflows,
)

__all__ = [
    "conditions",
    "conduct",
    "deletion",
    "events",
    "locks",
    "metadata",
    "pointers",
    "policies",
    "quotas",
    "resources",
    "safety",
    "unknowns",
    "workflows",
]
