"""One plan of an extension for several tenants, taken apart into what a plan for each of them would be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from presso.gate import predictions
from presso.gate.elsewhere import Elsewhere, split, suffix, with_data
from presso.gate.model import ExtensionText
from presso.gate.planner import waits


def parts(
    text: ExtensionText, others: Sequence[Elsewhere], beside: Mapping[str, Any]
) -> Iterator[tuple[Elsewhere, dict[str, Any]]]:
    """Yield the tenants, each with its part, as if that were the plan of the extension.

    None where a plan for one tenant would be another: with other predictions of what AWS sets by chance, or
    with data sources that wait.

    Args:
        text: The extension as the gate has read it.
        others: The tenants.
        beside: The plan of all of them (`Planner.plan_beside`).
    """
    if predictions.in_text(text) or waits(beside):
        return
    whole, calls = with_data(beside), beside["configuration"]["root_module"]["module_calls"]
    for number, other in enumerate(others):
        name = f"extension{suffix(number)}"
        configuration = {"root_module": {"module_calls": {"extension": calls[name]}}}
        part = {**split(whole, name), "configuration": configuration}
        if not predictions.in_plan(part):
            yield other, part
