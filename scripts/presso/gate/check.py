"""The definition of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from presso.gate.model import Hit, Level, Model

Severity = Literal["error", "warning"]
Find = Callable[[Model], Iterator[Hit]]
PROMISES = {
    "P1": "touches nothing outside its own definition",
    "P2": "routes an existing event",
    "P3": "is deployed and destroyed on its own",
    "M": "describes itself correctly",
    "S": "is safe to read",
}


@dataclass(frozen=True)
class Check:
    """A check: its permanent id, what it requires, why, and how to fix violations.

    Args:
        bad: An example of a violation.
        good: An example without one.
        find: Yields the violations; None where reading the folder or planning finds them.
        levels: The levels of the check. Checks of values run again on the plan's.
    """

    id: str
    title: str
    why: str
    fix: str
    bad: str = ""
    good: str = ""
    severity: Severity = "error"
    find: Find | None = None
    levels: tuple[Level, ...] = ("static", "plan")

    @property
    def promise(self) -> str:
        """The key of `PROMISES` that it belongs to."""
        return self.id.partition("-")[0]

    @property
    def waivable(self) -> bool:
        """Whether it can be waived: checks that protect the user who runs them cannot."""
        return self.promise != "S"


CHECKS: dict[str, Check] = {}


def check(
    number: str,
    title: str,
    *,
    why: str,
    fix: str,
    bad: str = "",
    good: str = "",
    severity: Severity = "error",
    levels: tuple[Level, ...] = ("static", "plan"),
) -> Callable[[Find], Find]:
    """Register a function as a check."""

    def added(find: Find) -> Find:
        declare(number, title, why=why, fix=fix, bad=bad, good=good, severity=severity)
        made = CHECKS[number]
        CHECKS[number] = Check(**{**made.__dict__, "find": find, "levels": levels})
        return find

    return added


def declare(
    number: str,
    title: str,
    *,
    why: str,
    fix: str,
    bad: str = "",
    good: str = "",
    severity: Severity = "error",
) -> None:
    """Add a check whose violations are found elsewhere: in reading the folder, or in planning."""
    assert number not in CHECKS, f"{number} is taken"
    CHECKS[number] = Check(number, title, why, fix, bad, good, severity)
