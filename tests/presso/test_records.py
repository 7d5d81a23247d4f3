"""Data is read as dataclasses: every fault is reported with its place, and with what is right."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from presso import records
from presso.records import Before, Key, between, matching, sized


@dataclass(frozen=True, kw_only=True)
class Cup:
    size: Annotated[int, between(1, 9)] = 3
    lid: bool = False


@dataclass(frozen=True, kw_only=True)
class Order:
    name: Annotated[str, matching("[a-z]+"), sized(2, 5)]
    kind: Literal["espresso", "latte", "tea"] = "tea"
    cups: Annotated[list[Cup], sized(1, 2)] = field(default_factory=list)
    note: Annotated[str | None, Key("the-note")] = None
    extra: dict[str, Any] | str = ""
    main: Annotated[Cup | None, Before(lambda given: {"size": given} if given == 5 else given)] = None


def faults_of(data: dict[str, Any]) -> list[str]:
    with pytest.raises(records.Faults) as raised:
        records.read(Order, {"name": "ada"} | data)
    return str(raised.value).split("\n")


def test_data_that_fits_is_read_with_defaults() -> None:
    read = records.read(
        Order, {"name": "ada", "cups": [{"size": 9}, {"lid": True}], "main": 5, "extra": {"a": 1}}
    )
    assert read == Order(name="ada", cups=[Cup(size=9), Cup(lid=True)], main=Cup(size=5), extra={"a": 1})


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (
            {"name": 1},
            "name: must be a text; YAML reads this as a number, or as yes or no: "
            "write it in quotes (given: 1)",
        ),
        ({"name": None}, "name: input should be a valid string (given: None)"),
        ({"name": "Ada"}, "name: string should match pattern '[a-z]+' (given: 'Ada')"),
        ({"name": "ada\n"}, "name: string should match pattern '[a-z]+' (given: 'ada\\n')"),
        ({"name": "a"}, "name: string should have at least 2 characters (given: 'a')"),
        ({"name": "abcdef"}, "name: string should have at most 5 characters (given: 'abcdef')"),
        ({"kind": []}, "kind: input should be 'espresso', 'latte' or 'tea'"),
        ({"cups": {}}, "cups: input should be a valid list"),
        ({"cups": []}, "cups: list should have at least 1 item after validation, not 0"),
        ({"cups": [{}] * 3}, "cups: list should have at most 2 items after validation, not 3"),
        ({"cups": [{"size": True}]}, "cups.0.size: input should be a valid integer (given: True)"),
        ({"cups": [{"size": 0}]}, "cups.0.size: input should be greater than or equal to 1 (given: 0)"),
        ({"cups": [{"size": 10}]}, "cups.0.size: input should be less than or equal to 9 (given: 10)"),
        ({"cups": [{"lid": "yes"}]}, "cups.0.lid: input should be a valid boolean (given: 'yes')"),
        ({"cups": [{"siez": 1}]}, "cups.0.siez: unknown key. Did you mean size? Known keys: size, lid"),
        (
            {"the-nots": ""},
            "the-nots: unknown key. Did you mean the-note? "
            "Known keys: name, kind, cups, the-note, extra, main",
        ),
        ({"extra": []}, "extra: input should be a valid dictionary or string"),
        ({"main": 6}, "main: expected keys and values: size, lid (given: 6)"),
    ],
    ids=str,
)
def test_a_fault_has_its_place_and_what_is_right(data: dict[str, Any], fault: str) -> None:
    assert faults_of(data) == [fault]


def test_all_faults_are_reported() -> None:
    with pytest.raises(records.Faults) as raised:
        records.read(Order, {"cups": [{"size": 0}, 1], "kind": "x"})
    assert [fault.place for fault in raised.value.faults] == [
        ("name",),
        ("kind",),
        ("cups", 0, "size"),
        ("cups", 1),
    ]
