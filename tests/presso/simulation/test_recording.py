"""Observed events become a scenario with the same events and without real ids."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from presso.errors import UsageError
from presso.simulation import recording, scenarios
from presso.simulation.scenarios import Event, Scenario

NOON = 1_777_636_800
RUN = "3f2504e0-4f89-41d3-9a0c-"
FOLDER = scenarios.folder(Path(__file__).parents[3])


def delivered(event: Event, number: int = 0, jitter: int = 7) -> dict[str, Any]:
    """An event of a scenario as EventBridge delivers it in a replay on nyc that began at noon."""
    happened = (NOON + event.at - event.late) * 1000 + jitter
    text = json.dumps(event.detail).replace('"{at}"', str(happened)).replace("{at}", str(happened))
    return {
        "id": f"event-{number}",
        "time": datetime.fromtimestamp(NOON + event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": event.source,
        "detail-type": event.detail_type,
        "detail": json.loads(text.replace("{run}", RUN).replace("{tenant}", "nyc")),
    }


def recorded(*events: dict[str, Any], **options: Any) -> Scenario:
    return recording.scenario(events, **{"tenant": "nyc", "name": "recorded", **options})


def seen(detail: dict[str, Any], second: int = 0) -> dict[str, Any]:
    return delivered(Event(second, "Test.Seen", detail), number=second)


def renamed(value: Any, names: dict[str, str], old: Any) -> Any:
    """A recorded value with each new name put back, which has to be the same one every time."""
    if isinstance(value, dict):
        return {key: renamed(item, names, old[key]) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names, other) for item, other in zip(value, old, strict=True)]
    if isinstance(value, str) and value != old:
        return names.setdefault(value, old)
    return value


@pytest.mark.parametrize("name", scenarios.names(FOLDER))
def test_what_was_played_is_recorded_again_but_for_the_names(name: str) -> None:
    played = scenarios.load(FOLDER / f"{name}.json")
    again = recorded(*(delivered(event, number) for number, event in enumerate(played.events)))
    names: dict[str, str] = {}
    first = played.events[0].at
    assert [(e.at + first, e.detail_type) for e in again.events] == [
        (e.at, e.detail_type) for e in played.events
    ]
    for new, old in zip(again.events, played.events, strict=True):
        assert renamed(new.detail, names, old.detail) == old.detail
        # What is a second or two late cannot be distinguished from what took its time.
        assert new.late == (old.late if "TS" in old.detail and old.late > 2 else new.late)
    assert len(set(names.values())) == len(names)
    text = scenarios.dumps(again)
    assert RUN not in text
    assert "nyc" not in text


def test_a_recording_can_be_saved_and_read(tmp_path: Path) -> None:
    again = recorded(seen({"orderId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}), seen({"n": 1}, 61))
    assert (again.minutes, again.kind, again.events[1].at) == (2, "recorded", 61)
    scenarios.save(again, tmp_path / "recorded.json")
    assert scenarios.load(tmp_path / "recorded.json") == again


def test_the_same_seed_gives_the_same_new_ids_and_another_gives_others() -> None:
    event = seen({"orderId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"})
    assert recorded(event, seed=4) == recorded(event, seed=4)
    assert recorded(event, seed=4).events != recorded(event, seed=5).events


def test_a_name_is_the_same_wherever_it_comes_also_within_a_text() -> None:
    ids = {"userId": "anna-0815", "TaskToken": "AQCEAAAA" * 40, "contactEmail": "anna@cafe.example"}
    text = f"anna-0815 (anna@cafe.example) waits for {'AQCEAAAA' * 40}. Anna-0815?"
    first, second = recorded(
        seen({**ids, "Message": text}), seen({"order": {"userId": "anna-0815"}}, 3)
    ).events
    new = first.detail
    assert (
        new["Message"] == f"{new['userId']} ({new['contactEmail']}) waits for {new['TaskToken']}. Anna-0815?"
    )
    assert second.detail == {"order": {"userId": new["userId"]}}
    assert not {*ids.values()} & {*new.values()}


def test_a_uuid_is_an_id_in_any_field_and_in_any_text() -> None:
    uuid = "771ad12d-c95d-45c9-94b8-a0fb77e798d0"
    (event,) = recorded(seen({"about": uuid, "list": [f"order-{uuid}."]})).events
    assert event.detail["about"].startswith("{run}")
    assert event.detail["list"] == [f"order-{event.detail['about']}."]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"eventId": "nyc"}, {"eventId": "{tenant}"}),
        ({"state": "nyc-CREATED"}, {"state": "{tenant}-CREATED"}),
        ({"Message": "nyc opens, nyc-north does not."}, {"Message": "{tenant} opens, nyc-north does not."}),
        ({"drink": "nyceland"}, {"drink": "nyceland"}),
        ({"paid": "in cash", "userId": ""}, {"paid": "in cash", "userId": ""}),
    ],
    ids=["event-id", "state", "text", "part-of-a-word", "no-ids"],
)
def test_the_tenant_becomes_a_marker_and_what_is_not_a_name_stays(
    old: dict[str, str], new: dict[str, str]
) -> None:
    assert recorded(seen(old)).events[0].detail == new


def test_an_event_delivered_twice_is_recorded_once_and_one_sent_twice_twice() -> None:
    event = seen({"n": 1})
    assert len(recorded(event, event, {**event, "id": "another"}).events) == 2


def test_what_was_played_faster_can_be_stretched() -> None:
    again = recorded(seen({"n": 1}), seen({"n": 2}, 3), speed=60)
    assert [event.at for event in again.events] == [0, 180]


def test_a_time_long_past_is_about_something_else() -> None:
    opened = (NOON - 3600) * 1000
    assert recorded(seen({"openedAt": opened})).events[0].detail == {"openedAt": opened}


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([], "There is nothing to record."),
        (
            [seen({}, second) for second in range(3000)],
            "3000 events within 50 minutes exceed a player",
        ),
        ([seen({}), seen({}, 90_000)], "2 events within 1501 minutes exceed"),
    ],
    ids=["nothing", "too-many", "too-long"],
)
def test_what_no_player_could_play_is_refused(events: list[dict[str, Any]], fault: str) -> None:
    with pytest.raises(UsageError) as refused:
        recorded(*events)
    assert fault in refused.value.message
