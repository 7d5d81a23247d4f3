"""The player plays: on the local AWS, the definition that the module writes."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from presso.event_sources import CORE_SOURCE
from presso.simulation import scenarios
from presso.simulation.event_log import EventLog
from presso.simulation.player import Player
from presso.simulation.scenarios import Event, Scenario

if TYPE_CHECKING:
    from tests.modules.conftest import Rendered

FASTEST = 1000


def scenario(name: str, events: list[Event], minutes: int = 1) -> Scenario:
    return Scenario(name, name, minutes, 0, 0, tuple(events))


def steps(times: list[int], source: str = CORE_SOURCE) -> list[Event]:
    detail = {"orderId": "{run}000000000001", "at": "{at}", "text": "{tenant} at {at} in {run}"}
    return [Event(at, "Test.Step", {**detail, "number": number}, source) for number, at in enumerate(times)]


def transitions(history: list[dict[str, Any]]) -> int:
    """State transitions as AWS bills them. The local AWS's history has no entries of states inside a map,
    which are a wait and a task for each call."""
    tasks, read = (sum(e["type"] == kind for e in history) for kind in ("TaskScheduled", "TaskStateEntered"))
    return sum(event["type"].endswith("StateEntered") for event in history) + 2 * (tasks - read)


def expected_transitions(rendered: "Rendered", name: str, speed: float) -> int:
    """What a replay costs: the start, the end, three states a block, and two a call."""
    blocks = rendered.blocks(name)
    calls = sum(
        -(-count // 10)
        for rows in blocks
        for count in Counter(int(row["at"] / speed) for row in rows).values()
    )
    return 3 + 3 * len(blocks) + 2 * calls


@pytest.fixture
def quarter_hour(checkout: Path) -> Scenario:
    return scenarios.find(scenarios.folder(checkout), "quarter-hour")


@pytest.fixture
def play(
    render: Callable[[Path], "Rendered"], stage: Callable[..., Any], tmp_path: Path
) -> Callable[..., Any]:
    """Put scenarios of the test's own on a player."""

    def prepared(*own: Scenario) -> Any:
        for one in own:
            scenarios.save(one, tmp_path / f"{one.name}.json")
        return stage(render(tmp_path))

    return prepared


def test_every_event_of_the_quarter_hour_arrives_exactly_once_and_in_order(
    stage: Callable[..., Any], rendered: "Rendered", quarter_hour: Scenario
) -> None:
    player = stage(rendered)
    execution = player.run(speed=FASTEST)
    assert execution["status"] == "SUCCEEDED", execution
    output = json.loads(execution["output"])
    received = player.received()
    assert len({event["id"] for event in received}) == len(received) == output["sent"]
    assert [e["detail-type"] for e in received] == [e.detail_type for e in quarter_hour.events]
    assert {event["source"] for event in received} == {CORE_SOURCE}
    start = next(e for e in received if "TS" in e["detail"])["detail"]["TS"]
    first = next(e.at for e in quarter_hour.events if "TS" in e.detail)
    for event, planned in zip(received, quarter_hour.events, strict=True):
        due = start + planned.at * 1000 // FASTEST - first * 1000 // FASTEST
        assert event["detail"] == filled(planned.detail, output["run"], due)


def filled(detail: dict[str, Any], run: str, due: int) -> dict[str, Any]:
    text = json.dumps(detail).replace('"{at}"', str(due)).replace("{run}", run).replace("{tenant}", "nyc")
    return dict(json.loads(text))


def test_two_replays_have_no_id_in_common(stage: Callable[..., Any], rendered: "Rendered") -> None:
    player = stage(rendered)
    ids = []
    for _ in range(2):
        player.run(scenario="one-order", speed=FASTEST)
        ids.append(
            {re.findall(r"[0-9a-f-]{36}", json.dumps(e["detail"]))[0] for e in player.received()[1:-1]}
        )
    assert all(ids)
    assert not ids[0] & ids[1]


def test_markers_become_the_replays_values_also_within_a_text(play: Callable[..., Any]) -> None:
    player = play(scenario("steps", steps([0, 3])))
    run = json.loads(player.run(speed=1.5)["output"])["run"]
    first, second = (event["detail"] for event in player.received())
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-", run)
    assert first["orderId"] == f"{run}000000000001"
    assert first["at"] % 1000 == 0
    assert second["at"] - first["at"] == 2000
    assert second["text"] == f"nyc at {second['at']} in {run}"


@pytest.mark.parametrize(
    ("names", "default"), [(("first", "quarter-hour"), "quarter-hour"), (("second", "first"), "first")]
)
def test_an_empty_input_plays_the_quarter_hour_or_else_the_first_at_its_own_speed(
    play: Callable[..., Any], names: tuple[str, ...], default: str
) -> None:
    output = json.loads(play(*(scenario(name, steps([0])) for name in names)).run()["output"])
    assert (output["scenario"], output["speed"]) == (default, 1)


def test_events_due_together_leave_in_calls_of_ten(play: Callable[..., Any]) -> None:
    player = play(scenario("crowd", steps([0] * 25 + [1] * 2)))
    execution = player.run()
    outputs = [
        json.loads(event["taskSucceededEventDetails"]["output"])
        for event in player.history(execution)
        if event["type"] == "TaskSucceeded"
    ]
    calls = [len(output["Entries"]) for output in outputs if "Entries" in output]
    assert calls == [10, 10, 5, 2]
    assert [event["detail"]["number"] for event in player.received()] == list(range(27))


def test_a_single_event_is_a_scenario(play: Callable[..., Any]) -> None:
    player = play(scenario("one", steps([0])))
    assert player.run()["status"] == "SUCCEEDED"
    assert len(player.received()) == 1


def test_a_replay_costs_at_most_six_transitions_for_five_events(
    stage: Callable[..., Any], rendered: "Rendered", quarter_hour: Scenario
) -> None:
    player = stage(rendered)
    execution = player.run(speed=300)
    assert transitions(player.history(execution)) == expected_transitions(rendered, "quarter-hour", 300)
    assert expected_transitions(rendered, "quarter-hour", 1) <= 1.2 * len(quarter_hour.events)


@pytest.mark.slow
def test_the_readme_has_the_cost_of_the_quarter_hour(checkout: Path, rendered: "Rendered") -> None:
    readme = (checkout / "modules" / "event-player" / "README.md").read_text()
    slow, fast = (expected_transitions(rendered, "quarter-hour", speed) for speed in (1, 60))
    assert f"takes {slow} of them for its 638 events at speed 1 and\n{fast} at speed 60" in readme


def test_events_leave_within_a_second_of_their_time(play: Callable[..., Any]) -> None:
    player = play(scenario("steps", steps([second // 20 for second in range(100)])))
    player.run()
    received = player.received()
    late = [abs(event["sent"] - event["detail"]["at"]) for event in received]
    assert len(received) == 100
    assert sum(ms <= 1000 for ms in late) >= 99


def test_a_bad_speed_or_an_unknown_scenario_fails_at_once_with_what_is_allowed(
    stage: Callable[..., Any], rendered: "Rendered"
) -> None:
    player = stage(rendered)
    for speed in (0, -1, 1001, "fast", "1", None, True, [], {}):
        execution = player.run(speed=speed)
        assert (execution["status"], execution["error"]) == ("FAILED", "BadSpeed"), speed
        assert "must be a number above 0 and at most 1000" in execution["cause"], speed
    for name in ("nope", "", "quarter-hour 1", "end", 5, None, ["quarter-hour", "x"], {}):
        execution = player.run(scenario=name, speed=FASTEST)
        assert (execution["status"], execution["error"]) == ("FAILED", "UnknownScenario"), name
        assert f"It has: {', '.join(sorted(rendered.ranges))}." in execution["cause"], name
    assert player.received() == []


def test_an_entry_that_the_bus_refuses_fails_the_replay_with_its_error(play: Callable[..., Any]) -> None:
    player = play(scenario("forged", [*steps([0]), *steps([1], source="aws.forged")]))
    execution = player.run()
    assert (execution["status"], execution["error"]) == ("FAILED", "EventBridge.FailedEntry")
    assert "NotAuthorizedForSource" in execution["cause"]
    assert len(player.received()) == 1


def test_what_play_reports_is_what_arrived(
    stage: Callable[..., Any], rendered: "Rendered", aws: Callable[[str], Any], quarter_hour: Scenario
) -> None:
    stage_ = stage(rendered)
    reported: list[int] = []
    replay = Player(aws, "nyc").play(
        "quarter-hour", FASTEST, progress=lambda sent, total: reported.append(sent)
    )
    received = stage_.received()
    counts = scenarios.counts(quarter_hour.events)
    assert replay.sent == len(received) == reported[-1]
    assert (replay.detail_types, replay.drinks) == (counts.detail_types, counts.drinks)
    assert dict(Counter(event["detail-type"] for event in received)) == counts.detail_types
    assert reported == sorted(reported)


def test_what_play_knows_is_what_the_module_was_given(
    stage: Callable[..., Any],
    rendered: "Rendered",
    aws: Callable[[str], Any],
    checkout: Path,
    quarter_hour: Scenario,
) -> None:
    stage(rendered)
    player = Player(aws, "nyc")
    assert player.scenarios() == scenarios.names(scenarios.folder(checkout))
    assert player.events("quarter-hour") == quarter_hour.events


def test_a_replay_can_be_watched_live(
    stage: Callable[..., Any], rendered: "Rendered", aws: Callable[[str], Any], account: str
) -> None:
    stage(rendered)
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    group = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/events/nyc"
    aws("events").put_targets(Rule="all", EventBusName="nyc", Targets=[{"Id": "log", "Arn": group}])
    log = EventLog(aws("logs"), "nyc")
    replay = Player(aws, "nyc").play("quarter-hour", FASTEST)
    seen = log.wait_for(lambda events: len(events) >= replay.sent, 30)
    assert len({event.id for event in seen}) == len(seen) == replay.sent
    assert dict(Counter(event.detail_type for event in seen)) == dict(Counter(replay.detail_types))


def test_a_replay_that_is_running_is_known_to_the_next(
    stage: Callable[..., Any], rendered: "Rendered", aws: Callable[[str], Any]
) -> None:
    player = stage(rendered)
    assert Player(aws, "nyc").running() == []
    started = aws("stepfunctions").start_execution(
        stateMachineArn=player.arn, input='{"scenario": "one-order"}'
    )
    assert Player(aws, "nyc").running() == [started["executionArn"]]
