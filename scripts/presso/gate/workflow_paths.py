"""The ways through a state machine: which states every execution runs, and circles that it never leaves.

https://states-language.net/spec.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# What follows these depends on data, or comes later: a workflow may start itself again from there.
_DECIDING = frozenset({"Choice", "Wait"})


def always(machine: Any) -> set[str]:
    """Return the names of the states that every execution runs at once, also in branches and maps.

    Args:
        machine: A definition, or a part of one that has states.
    """
    found: set[str] = set()
    for name, state in _way(machine):
        if name in found or state.get("Type") in _DECIDING:
            break
        found.add(name)
        for inner in _inner(state):
            found |= always(inner)
    return found


def circles(machine: Any) -> Iterator[list[str]]:
    """Yield the states of each circle without a choice, which no execution leaves unless it fails."""
    states = _states(machine)
    reported: set[str] = set()
    for first in states:
        way: list[str] = []
        name: Any = first
        while isinstance(name, str) and name in states and name not in way and name not in reported:
            way.append(name)
            name = states[name].get("Next") if states[name].get("Type") != "Choice" else None
        if name in way:
            circle = way[way.index(name) :]
            reported |= {*circle}
            yield circle
    for state in states.values():
        for inner in _inner(state):
            yield from circles(inner)


def _way(machine: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The states from the first one on, by Next alone; without an end where they go in a circle."""
    states = _states(machine)
    name = machine.get("StartAt") if isinstance(machine, dict) else None
    while isinstance(name, str) and name in states:
        yield name, states[name]
        name = states[name].get("Next")


def _states(machine: Any) -> dict[str, dict[str, Any]]:
    found = machine.get("States") if isinstance(machine, dict) else None
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: state for name, state in pairs if isinstance(state, dict)}


def _inner(state: Mapping[str, Any]) -> Iterator[Any]:
    branches = state.get("Branches")
    yield from branches if isinstance(branches, list) else ()
    yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)
