"""The checks, each a small function over the model; all of them by id."""

from collections.abc import Iterator

from presso.gate.check import CHECKS, PROMISES, Check
from presso.gate.checks import (  # noqa: F401 -- a check is known once its file is imported
    code,
    conditions,
    deletion,
    events,
    files,
    measurements,
    metadata,
    policies,
    quotas,
    references,
    refused_arguments,
    resources,
    runtime,
    safety,
    unknowns,
    wiring,
    workflows,
)
from presso.gate.model import Hit, Hits, Model

__all__ = ["CHECKS", "all_checks", "run_checks", "unsafe"]


def all_checks() -> dict[str, Check]:
    """Every check, by id, in order."""
    order = list(PROMISES)
    return dict(sorted(CHECKS.items(), key=lambda item: (order.index(item[1].promise), item[0])))


def run_checks(model: Model) -> Iterator[tuple[str, Hit]]:
    """The hits of every check of the model's level."""
    for number, check in all_checks().items():
        if check.find is not None and model.level in check.levels:
            yield from ((number, hit) for hit in check.find(model))


def unsafe(hits: Hits) -> bool:
    """Whether a hit makes it unsafe to plan."""
    return any(CHECKS[number].promise == "S" for number, _ in hits)
