"""Prints drift."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from presso import terminal
from presso.deployment.outcome import Outcome
from presso.presenters.units import explained

_LONGEST = 60


def drifted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes of units that have drifted."""
    return [outcome for outcome in outcomes if outcome.drift]


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes of units that have failed."""
    return [outcome for outcome in outcomes if outcome.bad]


def show_drift(outcomes: Sequence[Outcome], *, json_wanted: bool) -> None:
    """Print errors, then what has drifted in each unit."""
    for outcome in outcomes:
        for text in explained(outcome, warnings=False):
            terminal.say(text)
    if json_wanted:
        terminal.as_json(
            {
                "ok": not any(outcome.bad or outcome.drift for outcome in outcomes),
                "units": [outcome.as_json() for outcome in outcomes],
            }
        )
        return
    for outcome in outcomes:
        for resource in outcome.drift:
            terminal.result(f"{outcome.unit}: {resource.address}{' is deleted' if resource.deleted else ''}")
            for each in resource.attributes:
                terminal.result(f"  {each.name}: {_short(each.state)} → {_short(each.found)}")
    looked = [outcome for outcome in outcomes if not outcome.bad]
    terminal.result(f"Drifted: {len(drifted(outcomes))} of {len(looked)} deployed units.")


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 1 when a unit could not be looked at, 2 when one has drifted, else 0."""
    return 1 if any(outcome.bad for outcome in outcomes) else 2 if drifted(outcomes) else 0


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
