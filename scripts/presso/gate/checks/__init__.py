"""The checks, each a small function over the model; all of them by id."""

from presso.gate.check import CHECKS, PROMISES, Check
from presso.gate.checks import (  # noqa: F401 -- a check is known once its file is imported
    code,
    conditions,
    deletion,
    events,
    files,
    metadata,
    policies,
    quotas,
    references,
    resources,
    runtime,
    safety,
    unknowns,
    wiring,
    workflows,
)

__all__ = ["CHECKS", "all_checks"]


def all_checks() -> dict[str, Check]:
    """Every check, by id, in order."""
    order = list(PROMISES)
    return dict(sorted(CHECKS.items(), key=lambda item: (order.index(item[1].promise), item[0])))
