"""IAM policies as statements, in whatever form they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presso.catalog.hcl_values import Unknown
from presso.json_text import NotJson, loads


class Undecidable(Exception):
    """A policy that nobody can judge; says why."""


@dataclass(frozen=True)
class Statement:
    """A statement, its keys in small letters; lists without what is unknown."""

    body: Mapping[str, Any]

    @property
    def allows(self) -> bool:
        """Whether it gives anything: everything but a denial does."""
        return self.body.get("effect") != "Deny"

    @property
    def name(self) -> str:
        """What to call it for people."""
        sid = self.body.get("sid")
        return f"statement {sid}" if isinstance(sid, str) and sid else "a statement"

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of an element, such as `action`."""
        return texts(self.body.get(key))

    @property
    def principals(self) -> Iterator[tuple[str, str]]:
        """Who may: the kind (`AWS`, `Service`, …; `*` for anybody) and the name."""
        given = self.body.get("principal")
        if isinstance(given, Mapping):
            for kind, names in given.items():
                yield from ((str(kind), name) for name in texts(names))
        else:
            yield from (("*", name) for name in texts(given))

    @property
    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Operator, key in small letters, and values."""
        given = self.body.get("condition")
        for operator, pairs in given.items() if isinstance(given, Mapping) else ():
            for key, values in pairs.items() if isinstance(pairs, Mapping) else ():
                yield str(operator), str(key).lower(), texts(values)


def texts(value: Any) -> tuple[str, ...]:
    """One text or a list of them, as a tuple."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def statements(policy: Any) -> list[Statement]:
    """The statements of a policy: JSON text, or what it stands for; none of what is unknown.

    Raises:
        Undecidable: It is no policy, or one that different readers read differently.
    """
    if isinstance(policy, str):
        try:
            policy = loads(policy, _once)
        except NotJson as error:
            raise Undecidable(f"the policy is no JSON: {error}") from None
    if isinstance(policy, Unknown) or policy is None:
        return []
    if not isinstance(policy, Mapping):
        raise Undecidable("the policy is no JSON object")
    listed = _lowered(policy).get("statement", [])
    found = listed if isinstance(listed, list | tuple) else [listed]
    return [Statement(_lowered(part)) for part in found if isinstance(part, Mapping)]


def _lowered(value: Mapping[str, Any]) -> dict[str, Any]:
    # IAM does not tell small from capital letters in the names of elements.
    return {str(key).lower(): item for key, item in value.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    lowered = [name.lower() for name, _ in pairs]
    twice = next((name for name in lowered if lowered.count(name) > 1), None)
    if twice is not None:
        raise Undecidable(f"the policy gives {twice} twice in one object")
    return dict(pairs)
