"""Settings of a coffee bar: what `core` in a tenant.yaml sets, and its first menu and limits."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from presso.records import between, matching, sized


def _without_controls(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", value):
        raise ValueError("string should have no control characters")
    return value


Text = Annotated[str, sized(1, 50), _without_controls]
# 24:00 is the end of the day.
Time = Annotated[str, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")]
Language = Annotated[str, matching(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")]
Count = Annotated[int, between(1, 1000)]
# Of a day at most, as a bar is.
Wait = Annotated[int, between(1, 86400)]


def _zone_checked(value: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        if available_timezones():  # a machine without any cannot judge
            raise ValueError("a time zone of the IANA database looks like America/New_York") from None
    return value


def menu_checked(menu: list[Drink]) -> list[Drink]:
    """Return a menu unchanged.

    Raises:
        ValueError: It lists a drink twice.
    """
    names = [drink.drink for drink in menu]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the menu lists {name} twice")
    return menu


def _hours_checked(hours: list[Hours]) -> list[Hours]:
    for each in hours:
        if each.opens >= each.closes:
            raise ValueError(f"opens {each.opens} is not before closes {each.closes}; a night is two entries")
    return hours


def _languages_checked(languages: list[str]) -> list[str]:
    if len({*languages}) < len(languages):
        raise ValueError("a language is listed twice")
    return languages


@dataclass(frozen=True, kw_only=True)
class Modifier:
    """A choice about a drink, of which one option is taken."""

    name: Text
    options: Annotated[list[Text], sized(1, 20)]


@dataclass(frozen=True, kw_only=True)
class Drink:
    """A drink on the menu.

    Args:
        drink: Its name.
        icon: Which picture the screens show; by default the name in lower case, with hyphens.
        available: Whether it can be ordered.
        modifiers: What a customer chooses about it.
    """

    drink: Text
    icon: Text | None = None
    available: bool = True
    modifiers: Annotated[list[Modifier], sized(0, 10)] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When the shop opens and closes on some days of the week; clocks are those of the bar's time zone."""

    days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], sized(1, 7)]
    opens: Time
    closes: Time


@dataclass(frozen=True, kw_only=True)
class BarSettings:
    """What a bar begins with; later changes are made through its API.

    Args:
        time_zone: The days of order numbers, and the opening hours, are those of this zone.
        hours: When the shop opens and closes; without any, its admins do that.
        languages: Of its pages; the first is the one for guests whose own is not among them.
        menu: The first menu; by default the five drinks of modules/core.
        drinks_per_code: How many drinks one code is good for.
        orders_per_user: How many open orders a customer may have.
        orders_in_queue: How many orders may wait for a barista.
        orders_running: How many orders may be open.
        customer_seconds: How long an order waits for the customer to choose a drink.
        barista_seconds: How long an order waits for a barista.
        pages: Whether the bar has pages, which are built with Node.js; without them it is an API.
    """

    time_zone: Annotated[str, _zone_checked] = "UTC"
    hours: Annotated[list[Hours], sized(0, 21), _hours_checked] = field(default_factory=list)
    languages: Annotated[list[Language], sized(1, 20), _languages_checked] = field(
        default_factory=lambda: ["en"]
    )
    menu: Annotated[list[Drink], sized(1, 100), menu_checked] | None = None
    drinks_per_code: Count = 10
    orders_per_user: Count = 1
    orders_in_queue: Count = 10
    orders_running: Count = 20
    customer_seconds: Wait = 300
    barista_seconds: Wait = 900
    pages: bool = True

    def as_values(self) -> dict[str, Any]:
        """Return what the bar begins with as plain values, without those that are not set."""
        found: dict[str, Any] = _without_none(dataclasses.asdict(self))
        del found["pages"]
        return found


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
