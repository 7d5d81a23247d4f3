"""What handlers work with: plain values, UNKNOWN, refusals, and the arguments and tags of AWS calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

Values = dict[str, Any]
Check = Callable[[Any], str | None]
"""Given a known, non-null value: what is wrong with it and what would be right, or None."""
Same = Callable[[Any, Any], bool]
"""Given two non-null values: whether AWS means the same by both (see ``equivalence``)."""


class UnknownType:
    """The type of ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: compare it with `is UNKNOWN`")


UNKNOWN: Final = UnknownType()


class ResourceError(Exception):
    """A refusal that becomes a diagnostic of Terraform.

    Args:
        summary: One line: what is wrong, with the name of the thing.
        detail: What would be right or what to do.
        path: The attribute, indexes allowed (``"target.0.arn"``); empty for the whole resource.
    """

    def __init__(self, summary: str, *, detail: str = "", path: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.path = path


def changed(values: Values, prior: Values, *names: str) -> bool:
    """Whether any of these attributes differs between the planned and the stored values."""
    return any(values.get(name) != prior.get(name) for name in names)


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments of an AWS call without those that are null or empty text or lists (0 and False stay)."""
    return {name: value for name, value in arguments.items() if value not in (None, "", [], {})}


def text_of(value: Any) -> str:
    """A value as Terraform and AWS write it in a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def first(block: Sequence[Values] | None) -> Values | None:
    """The only element of a block that may occur at most once, or None."""
    return block[0] if block else None


def tag_list(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most AWS calls want them, sorted: ``[{"Key": …, "Value": …}]``."""
    return [{key: name, value: text} for name, text in sorted((tags or {}).items())]


def tag_map(
    tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """The inverse of ``tag_list``."""
    return {tag[key]: tag[value] for tag in tags or ()}
