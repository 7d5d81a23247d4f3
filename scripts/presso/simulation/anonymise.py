"""Ids, tokens and the tenant's name taken out of observed events, the same one always for the same other one.

A field determines what a name is: `orderId`, `TaskToken`, an `email`. A UUID is an id everywhere. In
texts for people all that is such a name elsewhere in the recording is replaced too. The new ones are the
replay's own: they cannot be traced back, and two replays of one recording do not meet.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

RUN, TENANT = "{run}", "{tenant}"
_ID_KEYS = re.compile(r"(.+_)?(id|ids|token|email|phone)|.*(Id|Ids|ID|Token|Email|Phone)|code")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = re.compile(r"[\w@+/=.-]*[\w@+/=-]")
# A shorter one would be found in words that mean something else.
_SHORTEST_IN_TEXT = 6


class Anonymiser:
    """New names for those in one recording.

    Args:
        tenant: Whose events they are; its name becomes `{tenant}`.
        seed: The same seed gives the same new names to the same events.
        tenant_fields: The fields that have the tenant's name.
    """

    def __init__(self, tenant: str, seed: int, tenant_fields: Sequence[str] = ("eventId",)) -> None:
        self._tenant_fields = tenant_fields
        self._dice = random.Random(seed)  # noqa: S311  a new name does not reveal the old one
        self._new: dict[str, str] = {}
        self._used: set[str] = set()
        self._state = re.compile(rf"{re.escape(tenant)}(?=-[A-Z])")
        self._word = re.compile(rf"(?<![\w-]){re.escape(tenant)}(?![\w-])")
        self._tenant = tenant

    def learn(self, detail: Any) -> None:
        """Find the names in a detail. All are to be known before the first is replaced."""
        _walk(detail, self._learn)

    def without(self, detail: Any) -> Any:
        """The detail with every known name replaced."""
        return _walk(detail, self._replaced)

    def _learn(self, key: str, value: str) -> str:
        if self._is_name(key, value):
            self._name(value)
        for found in (*_UUID.findall(value), *_EMAIL.findall(value)):
            self._name(found)
        return value

    def _is_name(self, key: str, value: str) -> bool:
        return (
            bool(value)
            and key not in self._tenant_fields
            and _ID_KEYS.fullmatch(key) is not None
            and value != self._tenant
        )

    def _name(self, old: str) -> str:
        """The new name of an old one: of the same kind and length class, and unique."""
        if old not in self._new:
            new = self._made(old)
            while new in self._used:
                new = self._made(old)
            self._used.add(new)
            self._new[old] = new
        return self._new[old]

    def _made(self, old: str) -> str:
        if _EMAIL.fullmatch(old):
            return f"guest-{self._digits(12)}@example.com"
        if len(old) < _SHORTEST_IN_TEXT + 6:
            return "".join(self._dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(len(old) + 2))
        return f"{RUN}{self._digits(12 if len(old) <= 64 else 40)}"

    def _digits(self, count: int) -> str:
        return "".join(str(int(self._dice.random() * 10)) for _ in range(count))

    def _replaced(self, key: str, value: str) -> str:
        if value == self._tenant and (key in self._tenant_fields or "tenant" in key.lower()):
            return TENANT
        if self._is_name(key, value):
            return self._new.get(value, value)
        value = _UUID.sub(self._known, value)
        value = _EMAIL.sub(self._known, value)
        value = _WORD.sub(self._known, value)
        return self._word.sub(TENANT, self._state.sub(TENANT, value))

    def _known(self, found: re.Match[str]) -> str:
        text = found[0]
        return self._new.get(text, text) if len(text) >= _SHORTEST_IN_TEXT else text


def _walk(value: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    """A value with every text in it changed; `change` gets the key of each text."""
    if isinstance(value, dict):
        return {name: _walk(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, change, key) for item in value]
    return change(key, value) if isinstance(value, str) else value
