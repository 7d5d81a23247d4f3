"""Replays with everything in place: what is counted in chaos, what a rush loses, what a recording holds."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.patience import PATIENCE

from event_patterns.schemas import fields, types
from presso.catalog.events import Catalog
from presso.catalog.inference import infer
from presso.catalog.schema_drift import compare
from presso.event_sources import CORE_SOURCE
from presso.simulation import archive, recording, scenarios
from presso.simulation.event_log import EventLog
from presso.simulation.player import Player
from presso.simulation.scenarios import Scenario
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.isolation.conftest import Stage, Traces

Before = Callable[[], dict[str, "Traces"]]


@pytest.fixture
def scenario(checkout: Path) -> Callable[[str], Scenario]:
    return lambda name: scenarios.find(scenarios.folder(checkout), name)


def test_in_chaos_every_order_is_counted_once(
    stage: "Stage", before: Before, scenario: Callable[[str], Scenario]
) -> None:
    chaos, known = scenario("chaos"), before()
    replay = Player(stage.aws.client, "nyc").play("chaos", 1000)
    came = stage.heard("nyc", stage.order("nyc", "Ristretto")).since(known["nyc"])
    placed = {
        event.detail["orderId"]: event.detail["drinkOrder"]["drink"]
        for event in chaos.events
        if event.detail_type == "OrderManager.WaitingCompletion"
    }
    assert len(placed) < sum(e.detail_type == "OrderManager.WaitingCompletion" for e in chaos.events)
    assert came.log.total() == replay.sent + 1 == len(chaos.events) + 1
    for name in stage.tenants["nyc"]:
        drinks = Counter({**Counter(placed.values()), "Ristretto": 1})
        counted = {key: count for key, count in came.items.items() if key.startswith(f"{name} drink ")}
        assert counted == {f"{name} drink {drink}": count for drink, count in drinks.items()}
    assert replay.drinks == dict(Counter(placed.values()))


def test_of_the_rush_hour_nothing_is_lost(stage: "Stage", scenario: Callable[[str], Scenario]) -> None:
    rush, began = scenario("rush-hour"), time.time()
    replay = Player(stage.aws.client, "nyc-order").play("rush-hour", 1000)
    heard = of_the_run(stage, "nyc-order", began, replay.run, len(rush.events))
    assert replay.sent == len(rush.events) == len({event["id"] for event in heard})
    reported = Counter(event["detail-type"] for event in heard)
    assert reported == Counter(event.detail_type for event in rush.events) == Counter(replay.detail_types)


def of_the_run(stage: "Stage", tenant: str, began: float, run: str, count: int) -> list[dict[str, Any]]:
    """The events of a replay in the tenant's log: those with its ids, and the shop's opening and closing."""
    log, found, deadline = EventLog(stage.aws.client("logs"), tenant, began), [], time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < deadline:
        found += [
            event.document
            for event in log.poll()
            if event.source == CORE_SOURCE
            and (event.document["detail-type"] == "ConfigService.ConfigChanged" or run in str(event.document))
        ]
        time.sleep(0.1)
    return found


def test_what_was_played_is_recorded_from_the_log_and_from_the_archive_alike(
    stage: "Stage", before: Before, scenario: Callable[[str], Scenario]
) -> None:
    short = scenario("one-order")
    known = before()
    time.sleep(1.1)  # times are whole seconds: what was before is not recorded
    began = time.time()
    replay = Player(stage.aws.client, "nyc").play("one-order", 20)
    logged = of_the_run(stage, "nyc", began, replay.run, len(short.events))
    archived = archive.events(stage.aws.client, "nyc", began, time.time())
    assert sorted(map(json.dumps, archived)) == sorted(map(json.dumps, logged))
    # No other tenant saw the archive's replay.
    last = stage.order("nyc", "Ristretto")
    assert stage.heard("nyc", last).since(known["nyc"]).log.total() == len(short.events) + 1
    names = stage.aws.client("events").list_rules(EventBusName="nyc")["Rules"]
    assert not [rule["Name"] for rule in names if "recording" in rule["Name"]]

    made = recording.scenario(archived, tenant="nyc", name="again", speed=20)
    assert [event.detail_type for event in made.events] == [event.detail_type for event in short.events]
    first = short.events[0].at
    lags = [new.at - (old.at - first) for new, old in zip(made.events, short.events, strict=True)]
    assert max(map(abs, lags)) <= 40  # two seconds at this speed: one of the clock's, one of the player's
    assert replay.run not in scenarios.dumps(made)


def test_schemas_inferred_from_a_replay_are_the_catalogs(stage: "Stage", checkout: Path) -> None:
    began = time.time()
    replay = Player(stage.aws.client, "nyc-order").play("quarter-hour", 1000)
    heard = of_the_run(stage, "nyc-order", began, replay.run, replay.sent)
    catalog = Catalog.load(Workspace(checkout, checkout / ".presso"))
    often = [found for found in infer(heard) if found.seen >= 20]
    assert len(often) >= 8
    for found in often:
        event = catalog.get(found.source, found.name)
        assert event
        reported = {field.path: field for field in event.fields}
        seen = {field.path: field for field in fields(found.schema)}
        assert {p: types(f.schema) for p, f in seen.items()} == {p: types(reported[p].schema) for p in seen}
        assert {p for p, f in reported.items() if f.always} <= {p for p, f in seen.items() if f.always}
    assert [d for d in compare(catalog, infer(heard), heard) if d.grade == "drift"] == []
