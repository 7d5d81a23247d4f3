"""Drift is what was changed outside of Terraform and the next apply undoes, by attribute."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from presso.deployment.configuration_drift import HIDDEN, DriftedAttribute, DriftedResource, of

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def change(before: Any, after: Any, *actions: str, **more: Any) -> dict[str, Any]:
    return {"actions": [*actions] or ["update"], "before": before, "after": after, **more}


def plan(drifted: dict[str, Any], planned: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource_drift": [{"address": name, "change": each} for name, each in drifted.items()],
        "resource_changes": [{"address": name, "change": each} for name, each in planned.items()],
    }


def test_only_what_the_plan_changes_back_has_drifted() -> None:
    queue = change({"delay": 0, "policy": ""}, {"delay": 9, "policy": "{}"})
    role = change({"inline_policy": []}, {"inline_policy": ["p"]})  # caused by an apply of another resource
    back = change({"delay": 9, "policy": "{}", "tag": 1}, {"delay": 0, "policy": "{}", "tag": 2})
    found = of(plan({"q": queue, "r": role}, {"q": back, "r": change({}, {}, "no-op")}))
    assert found == [DriftedResource("q", False, (DriftedAttribute("delay", 0, 9),))]


def test_a_resource_that_is_planned_for_another_reason_has_not_drifted() -> None:
    noise = change({"policy": "", "delay": 0}, {"policy": "{}", "delay": 0})
    wanted = change({"policy": "{}", "delay": 0}, {"policy": "{}", "delay": 5})
    assert of(plan({"q": noise}, {"q": wanted})) == []


def test_a_deleted_resource_is_one_fact() -> None:
    gone = change({"name": "log"}, None, "delete")
    assert of(plan({"log": gone}, {"log": change(None, {"name": "log"}, "create")})) == [
        DriftedResource("log", True)
    ]


def test_sensitive_values_are_hidden() -> None:
    secret = change(
        {"value": "a", "maps": [{"key": "x"}]},
        {"value": "b", "maps": [{"key": "y"}]},
        before_sensitive={"value": True},
        after_sensitive={"maps": [{"key": True}]},
    )
    back = change({"value": "b", "maps": 1}, {"value": "a", "maps": 2})
    (found,) = of(plan({"s": secret}, {"s": back}))
    assert {each.state for each in found.attributes} | {each.found for each in found.attributes} == {HIDDEN}


@pytest.mark.slow
def test_only_deployed_units_are_looked_at_and_none_has_drifted(small: "Small") -> None:
    small.tenant("nyc")
    assert small.here("drift", "--all").stdout == "Drifted: 0 of 0 deployed units.\n"
    small.run("apply", "nyc")
    done = small.here("drift", "--all", "--json")
    assert done.returncode == 0
    assert [unit["unit"] for unit in json.loads(done.stdout)["units"]] == ["nyc"]
    assert not list(small.workspace.home.rglob("*.tfplan"))
