"""The definition of a check, and the list of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from presso.gate.model import Hit, Level, Model

Severity = Literal["error", "warning"]
Check = Callable[[Model], Iterator[Hit]]
PROMISES = {
    "P1": "touches nothing outside its own definition",
    "P2": "routes an existing event",
    "P3": "comes and goes alone",
    "M": "says what it is",
    "S": "is safe to look at",
}


@dataclass(frozen=True)
class Rule:
    """A check: its permanent id, what it requires, why, and how to fix violations.

    Args:
        bad: An example of a violation.
        good: An example without one.
        check: Yields the violations; None where reading the folder or planning finds them.
        levels: The levels of the check. Checks of values run again on the plan's.
    """

    id: str
    title: str
    why: str
    fix: str
    bad: str = ""
    good: str = ""
    severity: Severity = "error"
    check: Check | None = None
    levels: tuple[Level, ...] = ("static", "plan")

    @property
    def promise(self) -> str:
        """The key of `PROMISES` that it belongs to."""
        return self.id.partition("-")[0]

    @property
    def waivable(self) -> bool:
        """Whether it can be waived: checks that protect the user who runs them cannot."""
        return self.promise != "S"


RULES: dict[str, Rule] = {}


def rule(
    number: str,
    title: str,
    *,
    why: str,
    fix: str,
    bad: str = "",
    good: str = "",
    severity: Severity = "error",
    levels: tuple[Level, ...] = ("static", "plan"),
) -> Callable[[Check], Check]:
    """Register a function as a check."""

    def added(check: Check) -> Check:
        declare(number, title, why=why, fix=fix, bad=bad, good=good, severity=severity)
        made = RULES[number]
        RULES[number] = Rule(**{**made.__dict__, "check": check, "levels": levels})
        return check

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
    assert number not in RULES, f"{number} is taken"
    RULES[number] = Rule(number, title, why, fix, bad, good, severity)


def all_rules() -> dict[str, Rule]:
    """Every check, by id, in order."""
    import presso.gate.rules  # noqa: F401  which declares them

    order = list(PROMISES)
    return dict(sorted(RULES.items(), key=lambda item: (order.index(item[1].promise), item[0])))
