"""The window of events stays as small as it promises, and its figures are right."""

import json
from datetime import UTC, datetime

import pytest

from presso.dashboard import event_window
from presso.dashboard.event_window import EventWindow
from presso.platform_settings import EventSettings, PlatformSettings, Vocabulary
from presso.simulation.event_log import LiveEvent

CORE = "awsserverlessda.serverlesspresso"
NOON = 1_780_000_000


def live(number: int, kind: str = "OrderManager.MakeOrder", second: int = 0, **detail: object) -> LiveEvent:
    at = datetime.fromtimestamp(NOON + second, UTC).isoformat()
    envelope = {"id": f"e{number}", "time": at, "source": CORE, "detail-type": kind}
    return LiveEvent({**envelope, "detail": {"orderId": "o", **detail}})


def test_an_event_is_listed_with_its_story_and_kept_whole() -> None:
    window = EventWindow()
    row = window.add(live(1, Message="A barista makes it."), [0, 2], NOON)
    assert (row["type"], row["producer"], row["about"]) == ("OrderManager.MakeOrder", "OrderManager", "o")
    assert (row["story"], row["rules"], row["at"]) == ("A barista makes it.", [0, 2], NOON)
    text = window.text("e1")
    assert text is not None
    assert json.loads(text)["detail"]["Message"] == "A barista makes it."
    assert window.text("e2") is None


def test_in_a_platform_without_a_bar_events_are_about_its_own_things_and_no_order_waits() -> None:
    own = EventSettings(sources=["parcels.intake"], extensions="parcels.extension", subject="parcelId")
    words = Vocabulary(place="depot", thing="parcel")
    window = EventWindow(PlatformSettings(presso="1", title="Parcels", events=own, vocabulary=words))
    assert window.add(live(1, parcelId="p-7"), [], NOON)["about"] == "p-7"
    figures = window.figures(NOON)
    assert (figures["waits"], figures["thing"]) == (None, "parcel")


def test_an_hour_of_two_hundred_events_a_second_keeps_the_newest_of_all() -> None:
    window = EventWindow()
    for number in range(2_000):  # more would show the same
        kind = ("OrderManager.WaitingCompletion", "OrderManager.OrderCompleted")[number % 2]
        window.add(live(number, kind, number // 200, orderId=f"o{number // 2}"), [], NOON)
        window.add(live(number, f"Made.Up{number}", number // 200), [], NOON)
    rows = window.rows()
    assert len(rows) == len(window._texts) + 1000 == event_window.MOST_EVENTS  # two have each id
    assert rows[-1]["number"] == 4_000
    figures = window.figures(NOON + 9)
    assert len(figures["types"]) == event_window.MOST_NAMES + 1
    assert len(figures["producers"]) <= event_window.MOST_NAMES + 1
    assert len(figures["waits"]) == event_window.MOST_WAITS
    assert len(figures["per_second"]) == event_window.SECONDS
    assert figures["events"] == sum(figures["types"].values()) == 4_000


def test_large_events_leave_no_room_for_as_many() -> None:
    window = EventWindow()
    for number in range(18):  # more would show the same
        window.add(live(number, text="x" * 1_000_000), [], NOON)
    assert sum(map(len, window._texts.values())) <= event_window.MOST_CHARACTERS
    assert len(window.rows()) == len(window._texts) == 16
    assert window._characters == sum(map(len, window._texts.values()))


def test_orders_that_never_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_window, "MOST_ORDERS", 50)
    window = EventWindow()
    for number in range(60):
        window.add(live(number, "OrderManager.WaitingCompletion", orderId=f"o{number}"), [], NOON)
    assert window.figures(NOON)["waiting"] == 50


def test_an_order_waits_from_its_place_in_the_queue_to_its_completion() -> None:
    window = EventWindow()
    for number, (kind, second, order) in enumerate(
        [
            ("OrderManager.WaitingCompletion", 0, "a"),
            ("OrderManager.WaitingCompletion", 5, "a"),  # put back by a barista: it waits on
            ("OrderManager.WaitingCompletion", 1, "b"),
            ("OrderManager.OrderCompleted", 90, "a"),
            ("OrderManager.OrderCancelled", 91, "b"),
            ("OrderManager.OrderCompleted", 92, "b"),
            ("OrderManager.OrderCompleted", 93, "from before"),
        ]
    ):
        window.add(live(number, kind, second, orderId=order), [], NOON)
    figures = window.figures(NOON + 100)
    assert figures["waits"] == [(NOON + 90, 90)]
    assert figures["waiting"] == 0


def test_seconds_count_what_happened_in_them_also_late_and_after_a_pause() -> None:
    window = EventWindow()
    for number, second in enumerate((0, 0, 2, 1, 1)):
        window.add(live(number, second=second), [], NOON)
    assert window.figures(NOON + 3)["per_second"][-4:] == [2, 2, 1, 0]
    assert sum(window.figures(NOON + 299)["per_second"]) == 5
    assert sum(window.figures(NOON + 301)["per_second"]) == 1
    assert sum(window.figures(NOON + 10_000)["per_second"]) == 0
    window.add(live(9, second=0), [], NOON)  # too late for the plot
    assert sum(window.figures(NOON + 10_000)["per_second"]) == 0


def test_an_event_whose_time_is_far_off_does_not_move_the_plot() -> None:
    window = EventWindow()
    for number, second in enumerate((0, 10**9, -(10**9), 1)):  # as its producer has given it
        window.add(live(number, second=second), [], NOON + 1)
    figures = window.figures(NOON + 1)
    assert (figures["until"], figures["per_second"][-2:], sum(figures["per_second"])) == (NOON + 1, [1, 1], 2)


def test_the_plot_goes_on_after_the_clock_was_put_back() -> None:
    window = EventWindow()
    for number in range(3 * event_window.SECONDS):
        window.add(live(number, second=number), [], NOON + number)
    window.add(live(9_000, second=-7_200), [], NOON - 7_200)
    assert window.figures(NOON - 7_200)["per_second"][-1] == 1
    assert len(window._per_second) <= 2 * event_window.SECONDS


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_an_event_whose_time_no_zone_can_write_has_none(at: str) -> None:
    event = LiveEvent({"detail-type": "X", "time": at})
    assert event.at is None
    assert EventWindow().add(event, [], NOON)["at"] == NOON


def test_an_event_that_is_listed_is_small_and_has_no_secret() -> None:
    window = EventWindow()
    row = window.add(live(1, "X" * 5_000, orderId="o" * 250_000, clientSecret="hunter2", count=3), [], NOON)
    assert row["story"] == "clientSecret (hidden), count 3"
    assert len(json.dumps(row)) < 2_000
    row = window.add(live(2, Message="x" * 220 + " eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2ln"), [], NOON)
    assert "eyJ" not in row["story"]


def test_an_order_is_the_cores_alone_and_waits_no_less_than_no_time() -> None:
    window = EventWindow()
    window.add(live(1, event_window.PLACED, 5, orderId="a"), [], NOON)
    window.add(live(2, event_window.COMPLETED, 3, orderId="a"), [], NOON)
    fake = {**live(3, event_window.PLACED, orderId="b").document, "source": "extension.times"}
    window.add(LiveEvent(fake), [], NOON)
    assert (window.figures(NOON)["waits"], window.figures(NOON)["waiting"]) == ([(NOON + 3, 0)], 0)


def test_an_event_without_time_or_detail_is_one_too() -> None:
    window = EventWindow()
    row = window.add(LiveEvent({"detail-type": "X", "detail": "text", "time": "never"}), [], NOON + 0.5)
    assert (row["at"], row["about"], row["story"]) == (NOON + 0.5, "", "")
