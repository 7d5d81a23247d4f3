"""Which event patterns are taken, against what EventBridge (the emulator's own check) takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offline_aws.event_pattern_validation import event_pattern, normalised_pattern

RIGHT: list[dict[str, Any]] = [
    {"source": ["a", "b"]},
    {"detail": {"a": {"b": [1, True, None]}}},
    {"source": [{"prefix": "a"}, {"suffix": "b"}, {"wildcard": "a*b"}]},
    {"source": [{"equals-ignore-case": "A"}, {"prefix": {"equals-ignore-case": "a"}}]},
    {"source": [{"anything-but": "a"}, {"anything-but": ["a", "b"]}, {"anything-but": {"prefix": "a"}}]},
    {"detail": {"n": [{"numeric": [">", 0, "<=", 5]}, {"numeric": ["=", 7.5]}]}},
    {"detail": {"n": [{"exists": False}]}},
    {"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}},
    {"$or": [{"source": ["a"]}, {"detail": {"b": ["c"]}}]},
]
WRONG: list[tuple[Any, str]] = [
    ("text", "expected an object"),
    ({}, "at least one field"),
    ({"source": "a"}, 'write ["a"]'),
    ({"source": 1}, "write [1]"),
    ({"source": []}, "empty array"),
    ({"detail": {}}, "empty object"),
    ({"source": [["a"]]}, "array within an array"),
    ({"source": [{"prefix": "a", "suffix": "b"}]}, "exactly one operator"),
    ({"source": [{"like": "a"}]}, "unknown operator 'like'"),
    ({"source": [{"exists": "yes"}]}, "true or false"),
    ({"source": [{"numeric": [">"]}]}, "pairs"),
    ({"source": [{"numeric": ["about", 5]}]}, "pairs"),
    ({"source": [{"prefix": 5}]}, "takes a text"),
    ({"source": [{"anything-but": []}]}, "anything-but takes"),
    ({"$or": [{"source": ["a"]}]}, "two or more"),
    ({"source": [{"wildcard": "a**b"}]}, "Consecutive wildcard characters at pos 2"),
    ({"detail": {"ip": [{"cidr": "10.0.0.0"}]}}, "Malformed CIDR, one '/' required"),
    ({"source": ["a" * 4096]}, "longer than 4096"),
]


@pytest.mark.parametrize("pattern", RIGHT, ids=json.dumps)
def test_a_right_pattern_is_taken(pattern: dict[str, Any]) -> None:
    assert event_pattern(json.dumps(pattern)) is None


@pytest.mark.parametrize(("pattern", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_pattern_is_refused_with_what_would_be_right(pattern: Any, said: str) -> None:
    assert said in (event_pattern(json.dumps(pattern)) or "")


def test_a_pattern_is_stored_compact_sorted_and_readable() -> None:
    assert normalised_pattern('{"b": ["<&>"],\n "a": [1]}') == '{"a":[1],"b":["<&>"]}'
