"""Dashboards: what their widgets show, as far as it is the extension's own.

Only the widgets and properties of the reference are known; another that holds more than a number or a switch
is a fault.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presso.gate.metric_expressions import Own
from presso.gate.ownership import names_in
from presso.json_text import NotJson, loads

_OF_BODY = frozenset({"end", "periodOverride", "start", "variables", "widgets"})
_OF_WIDGET = frozenset({"height", "properties", "type", "width", "x", "y"})
_OF_ALL = frozenset({"accountId", "region", "title"})
# The properties of each type of widget; those that choose what is shown are judged.
_PROPERTIES: Mapping[str, frozenset[str]] = {
    "alarm": _OF_ALL | {"alarms", "sortBy", "states"},
    "explorer": _OF_ALL
    | {"aggregateBy", "labels", "metrics", "period", "splitBy", "stat", "view", "widgetOptions"},
    "log": _OF_ALL | {"end", "query", "queryLanguage", "start", "table", "timezone", "view", "yAxis"},
    "metric": _OF_ALL
    | {"annotations", "end", "legend", "metrics", "period", "start", "stat", "table", "timezone"}
    | {"view", "yAxis"},
    "text": frozenset({"background", "markdown", "title"}),
}
_OF_METRIC = frozenset({"accountId", "color", "expression", "id", "label", "region", "stat", "yAxis"})
_OF_VARIABLE = frozenset(
    {"defaultValue", "id", "inputType", "label", "populateFrom", "property", "search", "type", "values"}
)
# Properties that a viewer may choose freely: how a metric is shown.
_FREE = frozenset({"period", "stat", "view"})
_LANGUAGES = (None, "CWLI")
_TAGS = ("presso:extension", "presso:tenant")


class _Twice(NotJson):
    """A key is there twice: programs take another one of the two."""


def faults(own: Own, body: str) -> Iterator[str]:
    """Yield what a dashboard shows of others, and what cannot be read, as ends of sentences."""
    try:
        read = loads(body, _once)
    except _Twice as error:
        yield str(error)
        return
    except NotJson:
        return  # P1-046 reports it
    if not isinstance(read, dict):
        return
    try:
        yield from _of_body(own, read)
    except (AttributeError, LookupError, TypeError, ValueError):
        yield "has widgets that the gate cannot read"
    yield from _names(own, read)


def _names(own: Own, read: Any) -> Iterator[str]:
    """The names of others in all texts, but for metrics."""
    covered = (own.facts.bus_arn, own.facts.boundary_arn)
    for name in dict.fromkeys(names_in(str(_without(read, "metrics")), own.facts.tenant)):
        name = name.rstrip("',]}")
        if name not in covered and not own.is_own(name) and not own.ownership.covers(name):
            yield f"names {name}"


def _without(value: Any, left_out: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, left_out) for key, item in value.items() if key != left_out}
    return [_without(item, left_out) for item in value] if isinstance(value, list) else value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice("has a key twice in one object")
    return found


def _unknown(given: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    for name, value in given.items():
        if name not in known and not isinstance(value, bool | int | float):
            yield f"has {name}, which the gate does not know"


def _of_body(own: Own, body: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown(body, _OF_BODY)
    for widget in body.get("widgets", ()):
        yield from _unknown(widget, _OF_WIDGET)
        kind = widget.get("type")
        if isinstance(kind, str) and kind in _PROPERTIES:  # P1-046 reports others
            yield from _of_properties(own, kind, widget.get("properties") or {})
    for variable in body.get("variables", ()):
        yield from _unknown(variable, _OF_VARIABLE)
        yield from _of_variable(own, variable)


def _of_properties(own: Own, kind: str, given: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown(given, _PROPERTIES[kind])
    yield from _of_place(own, given)
    if kind == "metric":
        yield from _of_metrics(own, given.get("metrics") or ())
        yield from _of_alarms(own, (given.get("annotations") or {}).get("alarms") or ())
    elif kind == "log":
        if given.get("queryLanguage") not in _LANGUAGES:
            yield f"queries logs in {given['queryLanguage']}, which the gate cannot read"
        else:
            yield from filter(None, [own.of_logs(str(given.get("query") or ""))])
    elif kind == "alarm":
        yield from _of_alarms(own, given.get("alarms") or ())
    elif kind == "explorer":
        labels = [(label.get("key"), label.get("value")) for label in given.get("labels") or ()]
        wanted = [(key, own.facts.variables["context"]["tags"][key]) for key in _TAGS]
        if sorted(label for label in labels if label[0] in _TAGS) != sorted(wanted):
            yield f"explores by other tags than {' and '.join(_TAGS)} of its own"


def _of_place(own: Own, given: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in (("accountId", own.facts.account), ("region", own.facts.region)):
        if given.get(name, wanted) != wanted:
            yield f"shows the {name} {given[name]}"


def _of_alarms(own: Own, alarms: Any) -> Iterator[str]:
    yield from (f"shows the alarm {alarm}" for alarm in alarms if not own.is_own(alarm))


def _of_metrics(own: Own, rows: Any) -> Iterator[str]:
    """What rows of metrics show: in one, "." is what is above it, and "..." all that is above."""
    above: list[Any] = []
    for row in rows:
        *given, last = row if isinstance(row[-1], dict) else [*row, {}]
        yield from _unknown(last, _OF_METRIC)
        yield from _of_place(own, last)
        if "expression" in last:
            yield from filter(None, [own.of_expression(str(last["expression"]))])
        if not given:
            continue
        if "..." in given:
            at = given.index("...")
            given[at : at + 1] = above[at : len(above) - (len(given) - at - 1)]
        given = [above[n] if part == "." and n < len(above) else part for n, part in enumerate(given)]
        above = given
        if not all(isinstance(part, str) for part in given) or len({*given[2::2]}) < len(given[2::2]):
            yield f"has a metric that the gate cannot read: {row}"
        yield from filter(None, [own.of_metric(given[0], given[3::2])])


def _of_variable(own: Own, given: Mapping[str, Any]) -> Iterator[str]:
    """What a viewer may choose."""
    name = given.get("property")
    if given.get("type") != "property":
        yield f"has a variable of the type {given.get('type')}"
    if given.get("search"):
        yield from filter(None, [own.of_search(str(given["search"]))])
    values = [value["value"] for value in given.get("values") or ()]
    values += [given["defaultValue"]] if given.get("defaultValue") not in (None, "__FIRST", *values) else []
    fixed = {"accountId": own.facts.account, "region": own.facts.region}
    for value in values if name not in _FREE else ():
        if value != fixed[name] if name in fixed else not own.is_own(value):
            yield f"has a variable with the value {value}"
