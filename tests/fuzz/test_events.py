"""Events, patterns and conditions, broken in every way: each gives a result or one error in words."""

import functools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.inputs import (
    DELIVERED,
    DETAIL,
    ENTRY,
    ROOT,
    SCALARS,
    SCENARIO,
    expected_errors,
    fuzzed,
    json_values,
    mutated,
    scalar,
    small_checkout,
)

from event_patterns.operators import PatternError
from event_patterns.pattern import Pattern
from presso.catalog import event_files
from presso.catalog.events import Catalog
from presso.catalog.exports.cloudevents import NotConvertible, from_cloudevent, to_cloudevent
from presso.catalog.inference import infer
from presso.catalog.patterns import impossible, pattern_for, pattern_in
from presso.catalog.schema_drift import compare
from presso.catalog.validation import Checker, EventFault, envelope_of
from presso.json_text import NotJson, loads
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

LINES = "\n".join(json.dumps(event) for event in (DELIVERED, DELIVERED))
SEEDS = [
    json.dumps(DELIVERED, indent=1).encode(),
    json.dumps([DELIVERED, ENTRY], indent=1).encode(),
    json.dumps({"Entries": [ENTRY]}).encode(),
    LINES.encode(),
    SCENARIO.encode(),
]
PATTERNS = [
    b'{"source": ["a", {"prefix": "b"}], "detail": {"drink": [{"anything-but": ["Latte"]}]}}',
    b'{"detail": {"n": [{"numeric": [">", 0, "<=", 5]}], "m": [{"numeric": ["=", 1]}]}}',
    b'{"$or": [{"detail": {"drink": [{"wildcard": "L*e"}]}}, {"detail-type": [{"suffix": "x"}]}]}',
    b'{"detail": {"a.b": [{"exists": false}], "ip": [{"cidr": "10.0.0.0/8"}]}}',
    b'{"detail": {"c": [{"suffix": {"equals-ignore-case": "X"}}, {"equals-ignore-case": "y"}]}}',
    b'{"detail": {"more": {"size": [null, true, 1.5e3, {"anything-but": {"prefix": "b"}}]}}}',
]
FIELDS = ("source", "detail-type", "detail", "drink", "more", "size", "at", "other", "a.b", ".", "", "$ref")
OPERATORS = (
    "$or",
    "prefix",
    "numeric",
    "exists",
    "cidr",
    "wildcard",
    "anything-but",
    "suffix",
    "equals-ignore-case",
)
NAMES = st.sampled_from((*FIELDS, *OPERATORS))
PATHS = ("drinkOrder.drink", "drink", "detail.orderId", "userId", "source", "time", "id", "!orderId", "")
SIGNS = ("=", "!=", "^=", "$=", "~", ">", ">=", "<", "<=", "?", "", " = ")
patterns = st.recursive(
    st.one_of(json_values, st.sampled_from([">", "<=", "=", "10.0.0.0/8", "::/0", "*", "**", "\\", "a*b"])),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(NAMES, inside, max_size=3)),
    max_leaves=10,
)


@functools.cache
def real() -> Catalog:
    return Catalog.load(Workspace(ROOT, ROOT / ".presso"))


def _caught(catalog: Catalog, events: list[event_files.FoundEvent]) -> None:
    """What the commands make of events that were read."""
    checker = Checker(catalog)
    whole = []
    for found in events:
        for fault in checker.check(found.event):
            str(fault).encode()
        event = envelope_of(found.event)
        if not isinstance(event, EventFault):
            whole.append({"source": "a", **event})
    json.dumps([seen.as_json() for seen in infer(whole)], allow_nan=False)
    json.dumps([drift.as_json() for drift in compare(catalog, infer(whole), whole)])
    for event in whole:
        for text in PATTERNS:
            pattern = pattern_in(text.decode())
            assert bool(pattern.why_not(event)) is not pattern.matches(event)
        for convert in (to_cloudevent, from_cloudevent):
            with expected_errors(NotConvertible):
                json.dumps(convert(event), allow_nan=False)


@fuzzed
@given(raw=mutated(SEEDS))
def test_files_of_events(small: Workspace, raw: bytes) -> None:
    path = small.root / "events.json"
    path.write_bytes(raw)
    with expected_errors():
        _caught(Catalog.load(small), event_files.read(str(path)))


@fuzzed
@given(
    event=st.dictionaries(st.sampled_from([*DELIVERED, *ENTRY]), json_values) | json_values,
    detail=json_values,
)
def test_events_of_any_shape(small: Workspace, event: object, detail: object) -> None:
    with expected_errors():
        shaped = {**DELIVERED, "detail": {**DETAIL, "drink": detail, "more": detail, "other": detail}}
        events = [event_files.FoundEvent(each, "here") for each in (event, shaped)]
        _caught(Catalog.load(small), events)


@fuzzed
@given(text=mutated(PATTERNS).map(lambda raw: raw.decode(errors="replace")) | patterns.map(json.dumps))
def test_patterns(text: str) -> None:
    with expected_errors(PatternError):
        pattern = pattern_in(text)
        json.dumps([pattern.words, pattern.notes])
        for event in real().events:
            for sample in event.samples():
                assert bool(pattern.why_not(sample)) is not pattern.matches(sample)
            for reason in impossible(pattern, event, real().envelope):
                str(reason).encode()


@fuzzed
@given(
    where=st.builds(
        "{}{}{}".format,
        st.sampled_from(PATHS),
        st.sampled_from(SIGNS),
        scalar,
    )
    | scalar,
    again=st.sampled_from(SCALARS),
)
def test_conditions(where: str, again: str) -> None:
    for event in real().events:
        with expected_errors(PatternError):
            pattern = Pattern(pattern_for(event, [where, f"orderId={again}"]))
            for sample in event.samples():
                pattern.matches(sample)


@fuzzed
@given(text=mutated(SEEDS).map(lambda raw: raw.decode(errors="replace")))
def test_json(text: str) -> None:
    with expected_errors(NotJson):
        assert loads(json.dumps(loads(text), ensure_ascii=False)) == loads(text)


def test_the_seeds_are_right_as_they_are(small: Workspace) -> None:
    catalog = Catalog.load(small)
    for text in SEEDS:
        events = list(event_files.parse(text.decode(), "seed"))
        assert [Checker(catalog).check(found.event) for found in events] == [[]] * len(events)
    assert small_checkout(small.root)
