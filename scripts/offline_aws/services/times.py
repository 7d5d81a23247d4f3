"""hashicorp/time: moments that are kept in the state, and pauses.

Source: internal/provider/resource_time_*.go of hashicorp/terraform-provider-time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.services.kept_values import kept
from offline_aws.validators import at_least, matches, rfc3339

_DURATION = r"^[0-9]{1,12}(\.[0-9]{1,9})?(ms|s|m|h)$"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_right_duration = matches(_DURATION, 'expected a number and ms, s, m or h, such as "30s"')


def now() -> datetime:
    """The current time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ResourceError(f"{text!r} is not a time like 2026-11-28T12:00:00Z") from error


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _later(moment: datetime, unit: str, count: int) -> datetime:
    """As Go's AddDate: the 31st of a shorter month is a day of the next."""
    try:
        if unit not in ("months", "years"):
            return moment + timedelta(**{unit: count})
        months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "years" else 1)
        first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
        return first + timedelta(days=moment.day - 1)
    except (OverflowError, ValueError) as error:
        raise ResourceError(f"{count} {unit} after {_text(moment)} cannot be written") from error


def _parts(moment: datetime) -> Values:
    names = ("year", "month", "day", "hour", "minute", "second")
    return {**{name: getattr(moment, name) for name in names}, "unix": int(moment.timestamp())}


def _shifted(values: Values, base: datetime, prefix: str, units: tuple[str, ...]) -> datetime:
    """As published: of several arguments the last counts, in this order."""
    found = base
    for unit in units:
        if count := values[f"{prefix}_{unit}"]:
            found = _later(base, unit, count)
    return found


def _static(aws: Aws, values: Values) -> None:
    moment = _moment(values["rfc3339"]) if values["rfc3339"] else now()
    values.update({"id": _text(moment), "rfc3339": _text(moment), **_parts(moment)})


def _imported_static(aws: Aws, identifier: str) -> Values:
    moment = _moment(identifier)
    return {"id": _text(moment), "rfc3339": _text(moment), **_parts(moment)}


_OFFSETS = ("days", "hours", "minutes", "months", "seconds", "years")


def _offset(aws: Aws, values: Values) -> None:
    base = _moment(values["base_rfc3339"]) if values["base_rfc3339"] else now()
    moment = _shifted(values, base, "offset", _OFFSETS)
    kept_base = {"id": _text(base), "base_rfc3339": _text(base)}
    values.update({**kept_base, "rfc3339": _text(moment), **_parts(moment)})


def _offset_again(aws: Aws, values: Values, prior: Values) -> None:
    values["base_rfc3339"] = values["base_rfc3339"] or prior["base_rfc3339"]
    _offset(aws, values)


_ROTATIONS = ("days", "hours", "minutes", "months", "years")


def _rotating(aws: Aws, values: Values) -> None:
    base = _moment(values["rfc3339"]) if values["rfc3339"] else now()
    until = _shifted(values, base, "rotation", _ROTATIONS)
    if aws.config.get("rotation_rfc3339"):
        until = _moment(aws.config["rotation_rfc3339"])
    kept_base = {"id": _text(base), "rfc3339": _text(base)}
    values.update({**kept_base, "rotation_rfc3339": _text(until), **_parts(base)})


def _rotating_again(aws: Aws, values: Values, prior: Values) -> None:
    values["rfc3339"] = values["rfc3339"] or prior["rfc3339"]
    _rotating(aws, values)


def _until_rotation(aws: Aws, values: Values) -> Values | None:
    until = values["rotation_rfc3339"]
    return None if until and now() > _moment(until) else {}


def _slept(argument: str) -> Callable[[Aws, Values], None]:
    def sleep(aws: Aws, values: Values) -> None:
        found = re.fullmatch(r"([0-9.]{1,22})(ms|s|m|h)", values[argument] or "0s")
        seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
        if aws.stopping.wait(seconds):
            raise ResourceError(f"interrupted in a pause of {values[argument]}")
        values["id"] = _text(now())

    return sleep


def _replaced_by(*names: str) -> Callable[[Plan], None]:
    def replaced(plan: Plan) -> None:
        plan.replaced += [name for name in names if plan.prior is not None and plan.changed(name)]

    return replaced


_MOMENT = ("day", "hour", "minute", "month", "second", "unix", "year")

RESOURCES: Mapping[str, ResourceHandler] = {
    "time_offset": kept(
        _offset,
        update=_offset_again,
        plan=_replaced_by("triggers"),
        recomputed={
            name: ("base_rfc3339", *(f"offset_{unit}" for unit in _OFFSETS))
            for name in (*_MOMENT, "id", "rfc3339")
        },
        validators={"base_rfc3339": rfc3339},
        at_least_one_of=(tuple(f"offset_{unit}" for unit in _OFFSETS),),
    ),
    "time_rotating": kept(
        _rotating,
        update=_rotating_again,
        read=_until_rotation,
        plan=_replaced_by("rfc3339", "triggers"),
        recomputed={"rotation_rfc3339": tuple(f"rotation_{unit}" for unit in _ROTATIONS)},
        validators={
            "rfc3339": rfc3339,
            "rotation_rfc3339": rfc3339,
            **{f"rotation_{unit}": at_least(1) for unit in _ROTATIONS},
        },
        at_least_one_of=(("rotation_rfc3339", *(f"rotation_{unit}" for unit in _ROTATIONS)),),
    ),
    "time_sleep": kept(
        _slept("create_duration"),
        update=lambda aws, values, prior: None,
        delete=_slept("destroy_duration"),
        plan=_replaced_by("triggers"),
        validators={"create_duration": _right_duration, "destroy_duration": _right_duration},
        at_least_one_of=(("create_duration", "destroy_duration"),),
    ),
    "time_static": kept(_static, imports=_imported_static, validators={"rfc3339": rfc3339}),
}
