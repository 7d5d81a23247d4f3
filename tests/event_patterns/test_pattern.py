"""Event patterns: what they match by AWS's documentation, and the emulator's second opinion."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from event_patterns.operators import OPERATORS, PatternError
from event_patterns.pattern import Pattern
from presso.catalog.patterns import pattern_in

GROUPS = yaml.load((Path(__file__).parent / "resources" / "patterns.yaml").read_text(), yaml.CSafeLoader)
ENVELOPE = {
    "version": "0",
    "id": "5c045f98-df34-41c7-8e5e-ee4ffa7ed5ca",
    "detail-type": "OrderManager.MakeOrder",
    "source": "awsserverlessda.serverlesspresso",
    "account": "111111111111",
    "time": "2026-11-01T10:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}


def event(group: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    return {**ENVELOPE, **value} if group.get("whole") else {**ENVELOPE, "detail": value}


MATCHING = [
    pytest.param(
        group["pattern"],
        event(group, value),
        wanted,
        id=f"{group['what']}: {json.dumps(value, ensure_ascii=False)} {'matches' if wanted else 'does not'}",
    )
    for group in GROUPS
    if "what" in group
    for wanted in (True, False)
    for value in group["matches" if wanted else "misses"]
]
REFUSED = [
    pytest.param(group["pattern"], group["refused"], id=json.dumps(group["pattern"], ensure_ascii=False))
    for group in GROUPS
    if "refused" in group
]


def test_there_are_two_hundred_cases_of_every_operator() -> None:
    assert len(MATCHING) + len(REFUSED) >= 200
    text = json.dumps([group["pattern"] for group in GROUPS])
    assert [operator for operator in (*OPERATORS, "$or") if f'"{operator}"' not in text] == []


@pytest.mark.parametrize(("pattern", "event", "wanted"), MATCHING)
def test_a_pattern_matches_what_aws_documents(pattern: Any, event: Any, wanted: bool) -> None:
    assert pattern_in(json.dumps(pattern)).matches(event) is wanted
    assert (Pattern(pattern).why_not(event) == []) is wanted


@pytest.mark.parametrize(("pattern", "reason"), REFUSED)
def test_a_pattern_is_refused_for_the_reason_that_aws_gives(pattern: Any, reason: str) -> None:
    with pytest.raises(PatternError) as refused:
        pattern_in(json.dumps(pattern))
    assert str(refused.value) == reason


def test_the_emulator_matches_the_same_events(aws: Callable[[str], Any]) -> None:
    events = aws("events")
    differing = []
    for case in MATCHING:
        pattern, whole, wanted = case.values
        answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(whole))
        if answer["Result"] is not wanted:
            differing.append(case.id)
    assert differing == []


def test_the_emulator_refuses_the_same_patterns(aws: Callable[[str], Any]) -> None:
    events = aws("events")
    differing = []
    for case in REFUSED:
        pattern, reason = case.values
        try:
            events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(ENVELOPE))
            differing.append((case.id, "taken"))
        except events.exceptions.InvalidEventPatternException as error:
            # A `$or` that is none is read again as a field of that name, and only that fault is reported.
            if reason not in str(error) and "$or" not in case.id:
                differing.append((case.id, str(error)))
    assert differing == []


@pytest.mark.parametrize("text", ["", "  ", "[]", "null", '"x"'])
def test_a_pattern_that_is_not_an_object_is_refused(text: str) -> None:
    with pytest.raises(PatternError, match="Filter is not an object"):
        pattern_in(text)


@pytest.mark.parametrize("text", ["{", "{'a': 1}", '{"a": [NaN]}', '{"a": ["x"]} x'])
def test_a_pattern_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(PatternError, match="Invalid JSON"):
        pattern_in(text)


def test_a_thousand_combinations_are_the_most() -> None:
    def ored(*sizes: int) -> dict[str, Any]:
        pattern: dict[str, Any] = {}
        here = pattern
        for depth, size in enumerate(sizes):
            here["$or"] = [{f"f{number}": ["x"]} for number in range(size)]
            here = here.setdefault(f"level{depth}", {})
            here["x"] = ["y"]
        return pattern

    Pattern(ored(10, 10, 10))
    with pytest.raises(PatternError, match="more than 1000 rule combinations"):
        Pattern(ored(10, 10, 11))


class TestWhyNot:
    def test_names_the_condition_what_was_wanted_and_what_is_there(self) -> None:
        pattern = Pattern({"detail": {"drinkOrder": {"drink": ["Americano"]}}})
        (killed,) = pattern.why_not({**ENVELOPE, "detail": {"drinkOrder": {"drink": "Espresso"}}})
        assert str(killed) == "detail.drinkOrder.drink is Americano: it is Espresso."

    def test_names_the_field_that_was_meant(self) -> None:
        pattern = Pattern({"detail": {"orderID": [{"exists": True}]}})
        (killed,) = pattern.why_not({**ENVELOPE, "detail": {"orderId": "1"}})
        assert str(killed) == "detail.orderID is there: there is no such field. Did you mean orderId?"

    def test_distinguishes_a_number_from_a_text_of_digits(self) -> None:
        pattern = Pattern({"detail": {"orderNumber": [17]}})
        (killed,) = pattern.why_not({**ENVELOPE, "detail": {"orderNumber": "17"}})
        assert str(killed) == "detail.orderNumber is 17: it is 17 (a text)."

    def test_states_that_objects_are_not_leaves(self) -> None:
        pattern = Pattern({"detail": {"drinkOrder": [{"exists": True}]}})
        (killed,) = pattern.why_not({**ENVELOPE, "detail": {"drinkOrder": {"drink": "Espresso"}}})
        assert killed.found == "it is an object, and patterns match leaves only"

    def test_takes_the_alternative_that_comes_nearest(self) -> None:
        pattern = Pattern({"$or": [{"source": ["x"], "region": ["y"]}, {"source": ["z"]}]})
        assert [str(killed) for killed in pattern.why_not(ENVELOPE)] == [
            "source is z: it is awsserverlessda.serverlesspresso."
        ]

    def test_states_when_no_single_element_of_a_list_meets_it_all(self) -> None:
        pattern = Pattern({"detail": {"a": {"b": ["x"], "c": ["y"]}}})
        (killed,) = pattern.why_not({**ENVELOPE, "detail": {"a": [{"b": "x"}, {"c": "y"}]}})
        assert killed.found == "no element of the list meets all conditions at once"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({"source": ["x"]}, "source is x"),
        ({"a": ["x", {"prefix": "y"}]}, "a is x or begins with y"),
        ({"a": [{"suffix": "y"}]}, "a ends with y"),
        (
            {"a": [{"anything-but": ["x", "y"]}], "b": [{"exists": False}]},
            "a is not x or y, and b is not there",
        ),
        ({"a": {"b": [{"numeric": [">", 0, "<=", 5]}]}}, "a.b is > 0 and <= 5"),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, "a is x; or b is y"),
    ],
)
def test_a_pattern_is_described_in_words(pattern: dict[str, Any], words: str) -> None:
    assert Pattern(pattern).words == words


def test_what_aws_promises_less_for_is_noted() -> None:
    pattern = Pattern({"detail": {"TS": [{"numeric": [">", 1793527200000]}]}})
    assert pattern.notes == ["detail.TS: AWS promises numeric matching from -5.0e9 to +5.0e9 only."]
