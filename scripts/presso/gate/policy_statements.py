"""IAM policies as statements, from any of their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presso.hcl.values import Unknown, text_of
from presso.json_text import NotJson, loads

_POLICY = frozenset({"id", "statement", "version"})
_LISTS = frozenset({"action", "notaction", "resource", "notresource"})
_ELEMENTS = _LISTS | {"condition", "effect", "notprincipal", "principal", "sid"}
_PRINCIPALS = frozenset({"AWS", "CanonicalUser", "Federated", "Service"})


class Undecidable(Exception):
    """A policy that cannot be judged; the message states why."""


@dataclass(frozen=True)
class Statement:
    """A statement with lower-case keys; its lists omit unknown values."""

    body: Mapping[str, Any]

    @property
    def allows(self) -> bool:
        """Whether it allows something: every effect except a denial does."""
        return self.body.get("effect") != "Deny"

    @property
    def name(self) -> str:
        """Its name for messages."""
        sid = self.body.get("sid")
        return f"statement {sid}" if isinstance(sid, str) and sid else "a statement"

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of an element, such as `action`."""
        return texts(self.body.get(key))

    @property
    def principals(self) -> Iterator[tuple[str, str]]:
        """The principals: the kind (`AWS`, `Service`, …; `*` for everyone) and the name."""
        given = self.body.get("principal")
        if isinstance(given, Mapping):
            for kind, names in given.items():
                yield from ((str(kind), name) for name in texts(names))
        else:
            yield from (("*", name) for name in texts(given))

    @property
    def conditions(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Operator, lower-case key, and values as texts."""
        given = self.body.get("condition")
        for operator, pairs in given.items() if isinstance(given, Mapping) else ():
            for key, values in pairs.items() if isinstance(pairs, Mapping) else ():
                yield str(operator), str(key).lower(), tuple(map(text_of, _listed(values)))

    @property
    def has_unknown(self) -> bool:
        """Whether any of it is still unknown, which is so only in an extension's text."""
        return _has_unknown(self.body)

    @property
    def has_unknown_condition(self) -> bool:
        """Whether a condition's value is still unknown, which is so only in an extension's text."""
        return _has_unknown(self.body.get("condition"))


def texts(value: Any) -> tuple[str, ...]:
    """One text or a list of them, as a tuple."""
    return tuple(item for item in _listed(value) if isinstance(item, str))


def statements(policy: Any) -> list[Statement]:
    """The statements of a policy: JSON text, or its value; none for an unknown one.

    The form is exactly IAM's own grammar, so that it has nothing that only AWS sees:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

    Raises:
        Undecidable: It is not a policy, or one that parsers read differently.
    """
    if policy == "":  # the providers' form of no policy
        return []
    if isinstance(policy, str):
        try:
            policy = loads(policy, _once)
        except NotJson as error:
            raise Undecidable(f"the policy is not JSON: {error}") from None
    if isinstance(policy, Unknown) or policy is None:
        return []
    if not isinstance(policy, Mapping):
        raise Undecidable("the policy is not a JSON object")
    body = _elements(policy, _POLICY)
    found = [part for part in _listed(body.get("statement", [])) if not isinstance(part, Unknown)]
    return [_statement(part) for part in found]


def _statement(part: Any) -> Statement:
    if not isinstance(part, Mapping):
        raise Undecidable("a statement of the policy is not a JSON object")
    body = _elements(part, _ELEMENTS)
    if not isinstance(body.get("effect"), Unknown) and body.get("effect") not in ("Allow", "Deny"):
        raise Undecidable(f"the effect of a statement is {body.get('effect')!r}, neither Allow nor Deny")
    for name in _LISTS & body.keys():
        _only_texts(name, body[name])
    for name in ("principal", "notprincipal"):
        if name in body:
            _principal(name, body[name])
    _condition(body.get("condition"))
    return Statement(body)


def _elements(value: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    # Names of elements are not case-sensitive in IAM.
    lowered = {str(key).lower(): item for key, item in value.items()}
    strange = sorted(lowered.keys() - known)
    if strange:
        raise Undecidable(f"IAM has no element {strange[0]!r} there")
    return lowered


def _only_texts(name: str, value: Any) -> None:
    for item in _listed(value):
        if not isinstance(item, str | Unknown):
            raise Undecidable(f"{name} of a statement has {item!r}, which is not text")


def _principal(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for kind, names in value.items():
            if kind not in _PRINCIPALS:
                raise Undecidable(f"{name} of a statement has {kind!r}, which is not a kind of principal")
            _only_texts(name, names)
    elif value != "*" and not isinstance(value, Unknown):
        raise Undecidable(f"{name} of a statement is {value!r}, neither * nor a kind of principal")


def _condition(value: Any) -> None:
    if value is None or isinstance(value, Unknown):
        return
    pairs = value.values() if isinstance(value, Mapping) else [value]
    for each in pairs:
        if not isinstance(each, Mapping | Unknown):
            raise Undecidable("a condition of a statement is not an operator with keys and values")
        for values in each.values() if isinstance(each, Mapping) else ():
            if any(not isinstance(item, str | bool | int | float | Unknown) for item in _listed(values)):
                raise Undecidable("a value of a condition is not a text, number or truth value")


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple):
        return any(map(_has_unknown, value))
    return isinstance(value, Unknown)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = set()
    for name, _ in pairs:
        if name.lower() in seen:
            raise Undecidable(f"the policy has {name.lower()} twice in one object")
        seen.add(name.lower())
    return dict(pairs)
