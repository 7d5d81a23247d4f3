"""Patterns built from conditions, and HCL as Terraform formats it."""

from pathlib import Path
from typing import Any

import pytest
from tests.terraform import Terraform

from event_patterns.pattern import Pattern
from presso.catalog.events import Catalog
from presso.catalog.patterns import pattern_for
from presso.errors import UsageError
from presso.hcl.text import attribute

PLACED = "OrderManager.WaitingCompletion"


@pytest.mark.parametrize(
    ("where", "detail"),
    [
        pytest.param(["drinkOrder.drink=Americano"], {"drinkOrder": {"drink": ["Americano"]}}, id="a value"),
        pytest.param(
            ["detail.drinkOrder.drink=Americano"], {"drinkOrder": {"drink": ["Americano"]}}, id="detail."
        ),
        pytest.param(
            ["drinkOrder.drink=Flat White, Espresso"],
            {"drinkOrder": {"drink": ["Flat White", "Espresso"]}},
            id="one of two values",
        ),
        pytest.param(["orderNumber=17"], {"orderNumber": ["17"]}, id="a text of digits"),
        pytest.param(["TS=17"], {"TS": [17]}, id="a number"),
        pytest.param(["robot=true"], {"robot": [True]}, id="true or false"),
        pytest.param(
            ["robot!=true"],
            {"robot": [False]},
            id="not true",
        ),
        pytest.param(["userId!=robot"], {"userId": [{"anything-but": "robot"}]}, id="anything but"),
        pytest.param(["state!=a,b"], {"state": [{"anything-but": ["a", "b"]}]}, id="anything but two"),
        pytest.param(["state^=nyc-"], {"state": [{"prefix": "nyc-"}]}, id="begins"),
        pytest.param(["state$=-CREATED"], {"state": [{"suffix": "-CREATED"}]}, id="ends"),
        pytest.param(
            ["drinkOrder.icon~flat*"], {"drinkOrder": {"icon": [{"wildcard": "flat*"}]}}, id="wildcard"
        ),
        pytest.param(["TS>5"], {"TS": [{"numeric": [">", 5]}]}, id="greater"),
        pytest.param(["TS <= 5.5"], {"TS": [{"numeric": ["<=", 5.5]}]}, id="at most"),
        pytest.param(["TS>=5", "TS<9"], {"TS": [{"numeric": [">=", 5, "<", 9]}]}, id="between"),
        pytest.param(["Message?"], {"Message": [{"exists": True}]}, id="is there"),
        pytest.param(["!Message"], {"Message": [{"exists": False}]}, id="is not there"),
        pytest.param(
            ["drinkOrder.drink=X", "robot=false"],
            {"drinkOrder": {"drink": ["X"]}, "robot": [False]},
            id="two",
        ),
    ],
)
def test_a_condition_becomes_a_pattern(catalog: Catalog, where: list[str], detail: dict[str, Any]) -> None:
    made = pattern_for(catalog.find(PLACED), where)
    assert made == {"source": ["awsserverlessda.serverlesspresso"], "detail-type": [PLACED], "detail": detail}
    Pattern(made)


def test_the_envelope_can_be_asked_for_too(catalog: Catalog) -> None:
    assert pattern_for(catalog.find(PLACED), ["region=eu-west-1"])["region"] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("where", "message", "hint"),
    [
        ("drink", "is not a condition", "Write a path, an operator and a value"),
        ("drinkOrder.drnk=x", "has no field detail.drinkOrder.drnk", "Did you mean drinkOrder.drink?"),
        ("TS>soon", "is not a number", "Use numbers with"),
        ("=x", "is not a condition", "Write a path"),
    ],
)
def test_what_is_not_a_condition_is_refused(catalog: Catalog, where: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        pattern_for(catalog.find(PLACED), [where])
    assert error.value.hint.startswith(hint)


def test_two_conditions_on_a_field_are_refused(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match=r"Two conditions on detail\.userId"):
        pattern_for(catalog.find(PLACED), ["userId=a", "userId=b"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    [
        {"source": ["x"], "detail-type": ["y"]},
        {
            "source": ["x"],
            "detail": {"drinkOrder": {"drink": ["Americano"]}, "robot": [False], "TS": [5, 1.5]},
        },
        {
            "detail": {
                "a": [{"prefix": "x"}, {"numeric": [">", 0, "<=", 5]}],
                "bbb": [{"anything-but": ["x", "y"]}],
            }
        },
        {"$or": [{"a": ["x"]}, {"b": [None]}], "c": ['"${x}\\']},
        {"a": [f"a rather long text number {n}" for n in range(6)], "b": ["x"]},
        {"a b": ["x"], "1": ["y"]},
    ],
)
def test_hcl_is_as_terraform_formats_it(tmp_path: Path, value: dict[str, Any]) -> None:
    text = f"locals {{\n  {attribute('pattern', value, 2).lstrip()}\n}}\n"
    assert Terraform(tmp_path).run("fmt", "-", text=text).stdout == text
