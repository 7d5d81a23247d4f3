"""Scenarios that do not agree with the catalog are refused where they are made and before they are played."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from presso.errors import UsageError
from presso.simulation.scenario_check import check, check_files
from presso.simulation.scenarios import Event
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

GOOD = Event(0, "OrderProcessor.ShopUnavailable", {"userId": "{run}000000000001", "eventId": "{tenant}"})


def refused(workspace: Workspace, *events: Event, strict: bool = False) -> str:
    with pytest.raises(UsageError) as error:
        check(workspace, "The scenario x", events, strict=strict, hint="Do this.")
    assert error.value.hint == "Do this."
    return error.value.message


def test_events_of_the_catalog_pass_with_their_markers(workspace: Workspace) -> None:
    detail: dict[str, Any] = {
        "orderId": "{run}000000000001",
        "orderNumber": "1",
        "state": "{tenant}-CREATED",
        "drinkOrder": {"userId": "u", "drink": "Tea", "modifiers": [], "icon": "tea"},
        "userId": "u",
        "robot": False,
        "eventId": "{tenant}",
        "TS": "{at}",
    }
    check(
        workspace, "The scenario x", [GOOD, Event(5, "OrderManager.WaitingCompletion", detail)], strict=True
    )


def test_a_fault_is_reported_with_the_events_number_time_and_path(workspace: Workspace) -> None:
    reported = refused(workspace, GOOD, Event(7, GOOD.detail_type, {"userId": 5, "eventId": "nyc"}))
    assert reported == (
        "The scenario x does not match the catalog:\n"
        "  events[1] at 7 s, OrderProcessor.ShopUnavailable: "
        "detail.userId: is of the wrong type: expected text, not empty, found the number 5"
    )


def test_an_unknown_field_is_refused_only_when_strict(workspace: Workspace) -> None:
    odd = Event(0, GOOD.detail_type, {**GOOD.detail, "mood": "good"})
    check(workspace, "The scenario x", [odd], strict=False)
    assert "detail.mood: is not in the catalog" in refused(workspace, odd, strict=True)


def test_only_the_first_faults_are_listed(workspace: Workspace) -> None:
    reported = refused(workspace, *[Event(0, "No.Such", {})] * 25)
    assert reported.endswith("\n  … and 15 more")


def test_a_checkout_without_a_catalog_allows_everything(bench: "Bench") -> None:
    for file in (bench.workspace.root / "modules/event-catalog/events").iterdir():
        file.unlink()
    check(bench.workspace, "The scenario x", [Event(0, "No.Such", {})], strict=True)


def with_a_scenario(bench: "Bench", detail: dict[str, Any], source: str) -> None:
    event = {"at": 3, "source": source, "detail-type": "Times.Posted", "detail": detail}
    head = {"name": "short", "title": "T", "minutes": 1, "seed": 0, "orders": 0}
    bench.write("modules/event-player/scenarios/short.json", json.dumps({**head, "events": [event]}))
    schema = "{type: object, required: [at], properties: {at: {type: string, description: When.}}}"
    bench.extension("times", "", more=f"emits: [{{detail-type: Times.Posted, schema: {schema}}}]")


def test_the_scenarios_of_a_checkout_are_checked(bench: "Bench") -> None:
    with_a_scenario(bench, {"at": "noon"}, "serverlesspresso.extension.times")
    assert check_files(bench.workspace) == 1
    assert check_files(bench.workspace, ["times"]) == 1
    assert check_files(bench.workspace, ["other"]) == 0


def test_a_scenario_that_an_extension_broke_is_named(bench: "Bench") -> None:
    with_a_scenario(bench, {"at": 12}, "serverlesspresso.extension.times")
    for names in (None, ["times"]):
        with pytest.raises(UsageError) as refused:
            check_files(bench.workspace, names)
        assert "modules/event-player/scenarios/short.json does not match" in refused.value.message
        assert "events[0] at 3 s, Times.Posted: detail.at" in refused.value.message


def test_the_scenarios_of_this_checkout_agree_with_its_catalog(workspace: Workspace) -> None:
    assert check_files(workspace) >= 7
