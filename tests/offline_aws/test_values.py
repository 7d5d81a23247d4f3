"""Values to Terraform's wire and back, and compared by their types."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_aws.handler_values import UNKNOWN
from offline_aws.values import decode, empty, encode, known, leaves, same, typed, without_unknown

BLOCK: dict[str, Any] = {
    "attributes": {
        "flag": {"type": "bool"},
        "labels": {"type": ["set", "string"]},
        "number": {"type": "number"},
        "pairs": {"type": ["map", "number"]},
        "parts": {"type": ["list", ["object", {"a": "string", "b": ["list", "bool"]}]]},
        "text": {"type": "string"},
    },
    "block_types": {
        "many": {"nesting_mode": "list", "block": {"attributes": {"x": {"type": "string"}}}},
        "one": {"nesting_mode": "single", "block": {"attributes": {"x": {"type": "string"}}}},
        "some": {"nesting_mode": "set", "block": {"attributes": {"x": {"type": "string"}}}},
    },
}
text = st.none() | st.text() | st.just(UNKNOWN)
number = (
    st.none()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.just(UNKNOWN)
)
block = st.fixed_dictionaries({"x": text})
values = st.fixed_dictionaries(
    {
        "flag": st.none() | st.booleans() | st.just(UNKNOWN),
        "labels": st.none() | st.lists(st.text(), unique=True),
        "number": number,
        "pairs": st.none() | st.dictionaries(st.text(), number),
        "parts": st.none()
        | st.lists(st.fixed_dictionaries({"a": text, "b": st.none() | st.lists(st.booleans())})),
        "text": text,
        "many": st.just(UNKNOWN) | st.lists(block),
        "one": st.none() | block,
        "some": st.lists(block),
    }
)


@given(values)
@pytest.mark.slow
def test_what_is_encoded_is_decoded_again(found: dict[str, Any]) -> None:
    assert decode(encode(found, BLOCK), BLOCK) == found


def test_null_is_none() -> None:
    assert decode(encode(None, BLOCK), BLOCK) is None


def test_a_fraction_goes_as_text_and_comes_as_a_number() -> None:
    wire = msgpack.unpackb(encode({"number": 0.1}, BLOCK))
    assert wire["number"] == "0.1"
    assert decode(msgpack.packb(wire), BLOCK)["number"] == 0.1  # type: ignore[index]


def test_a_refined_unknown_is_unknown() -> None:
    wire = msgpack.packb({"text": msgpack.ExtType(12, b"\x81\x01\xc2")})
    assert decode(wire, BLOCK)["text"] is UNKNOWN  # type: ignore[index]


def test_what_a_handler_leaves_out_is_null_and_blocks_are_empty() -> None:
    found = decode(encode({}, BLOCK), BLOCK)
    assert found == {**dict.fromkeys(BLOCK["attributes"]), "many": [], "one": None, "some": []}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, "string", "5"),
        (True, "string", "true"),
        ("5", "number", 5),
        ("0.5", "number", 0.5),
        (5.0, "number", 5),
        (10**400, "number", 10**400),
        ("true", "bool", True),
        (("a", "a", "b"), ["set", "string"], ["a", "b"]),
        ({"a": 1}, ["map", "string"], {"a": "1"}),
        ({"a": "x", "more": 1}, ["object", {"a": "string", "b": "number"}], {"a": "x", "b": None}),
    ],
)
def test_a_handlers_value_becomes_the_schemas_type(value: Any, kind: Any, expected: Any) -> None:
    assert typed(value, kind) == expected


@pytest.mark.parametrize("found", [{"nothing": 1}, {"labels": "text"}, {"labels": {"a": 1}}])
def test_a_handlers_mistake_is_an_error(found: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        encode(found, BLOCK)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=4), st.randoms())
def test_sets_are_the_same_in_any_order(found: list[list[str]], random: Any) -> None:
    shuffled = [random.sample(item, len(item)) for item in random.sample(found, len(found))]
    assert same(found, shuffled, ["set", ["set", "string"]])
    assert same(found, [*found, ["z"]], ["set", ["set", "string"]]) is False


@pytest.mark.parametrize(
    ("one", "other", "kind", "expected"),
    [
        ([1, 2], [2, 1], ["list", "number"], False),
        ([{"a": ["x", "y"]}], [{"a": ["y", "x"]}], ["list", ["object", {"a": ["set", "string"]}]], True),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, ["map", ["set", "string"]], True),
        ({"a": ["x"]}, {"b": ["x"]}, ["map", ["set", "string"]], False),
        (UNKNOWN, UNKNOWN, "string", True),
        (UNKNOWN, "x", "string", False),
        (None, "", "string", False),
        (None, None, ["set", "string"], True),
    ],
)
def test_values_are_compared_by_type(one: Any, other: Any, kind: Any, expected: bool) -> None:
    assert same(one, other, kind) is expected


def test_unknowns_are_found_and_left_out() -> None:
    found = {"a": [1, UNKNOWN], "b": {"c": UNKNOWN}, "d": UNKNOWN}
    assert not known(found)
    assert without_unknown(found) == {"a": [1], "b": {"c": None}, "d": None}
    assert not empty(UNKNOWN)
    with pytest.raises(TypeError, match="is UNKNOWN"):
        bool(UNKNOWN)


def test_paths_have_indexes_in_lists_but_stop_at_sets() -> None:
    found = {"many": [{"x": "a"}, {"x": "b"}], "some": [{"x": "c"}], "one": {"x": "d"}}
    paths = {value: path for _, path, _, value in leaves(BLOCK, found) if isinstance(value, str)}
    assert paths == {"a": ("many", 0, "x"), "b": ("many", 1, "x"), "c": ("some", "x"), "d": ("one", "x")}
