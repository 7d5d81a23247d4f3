"""A tenant's live events: nothing twice, nothing lost, and shown so that a person can read along."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from presso.errors import PressoError
from presso.simulation import event_log
from presso.simulation.event_log import EventLog, LiveEvent


def document(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "time": "2026-11-24T02:10:33Z",
        "source": "awsserverlessda.serverlesspresso",
        "detail-type": "OrderManager.MakeOrder",
        "detail": {"orderId": f"{number:036d}", "Message": f"Story {number}."},
        **changes,
    }


class Logs:
    """A log group as CloudWatch Logs returns it: ordered pages, and faults when there are some to raise."""

    def __init__(self, page: int = 3) -> None:
        self.entries: list[dict[str, Any]] = []
        self.starts: list[int] = []
        self.faults: list[Exception] = []
        self.page = page

    def add(self, number: int, second: int, message: str | None = None) -> None:
        text = json.dumps(document(number)) if message is None else message
        self.entries.append({"eventId": f"log-{number}", "timestamp": second * 1000, "message": text})

    def filter_log_events(self, logGroupName: str, startTime: int, nextToken: str = "0") -> dict[str, Any]:
        if self.faults:
            raise self.faults.pop(0)
        assert logGroupName == "/aws/events/nyc"
        self.starts.append(startTime)
        found = [entry for entry in self.entries if entry["timestamp"] >= startTime]
        at = int(nextToken)
        more = {"nextToken": str(at + self.page)} if at + self.page < len(found) else {}
        return {"events": found[at : at + self.page], **more}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(logs: Logs, clock: Clock) -> EventLog:
    return EventLog(logs, "nyc", 1000.7, clock=clock)


def ids(events: list[LiveEvent]) -> list[str]:
    return [event.id for event in events]


def fault(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "FilterLogEvents")


def test_every_page_of_a_poll_is_read(log: EventLog, logs: Logs) -> None:
    for number in range(8):
        logs.add(number, 1000)
    assert ids(log.poll()) == [f"id-{number}" for number in range(8)]


def test_what_was_before_the_moment_is_not_returned(log: EventLog, logs: Logs) -> None:
    logs.add(1, 999)
    logs.add(2, 1000)
    assert ids(log.poll()) == ["id-2"]


def test_an_event_is_returned_once_however_often_it_is_read(log: EventLog, logs: Logs) -> None:
    logs.add(1, 1000)
    assert ids(log.poll()) == ["id-1"]
    assert log.poll() == []


def test_an_event_of_the_same_second_that_comes_after_a_poll_is_not_lost(log: EventLog, logs: Logs) -> None:
    logs.add(1, 1000)
    log.poll()
    logs.add(2, 1000)
    assert ids(log.poll()) == ["id-2"]


def test_an_event_that_is_logged_a_minute_late_is_not_lost(log: EventLog, logs: Logs, clock: Clock) -> None:
    logs.add(1, 1100)
    log.poll()
    logs.add(2, 1040)
    clock.now += 11
    assert ids(log.poll()) == ["id-2"]
    clock.now += 11
    assert log.poll() == []


def test_events_are_returned_in_the_order_of_their_times(log: EventLog, logs: Logs) -> None:
    logs.add(1, 1004)
    logs.add(2, 1002)
    assert ids(log.poll()) == ["id-2", "id-1"]


def test_a_long_watch_neither_reads_everything_again_nor_remembers_it(
    log: EventLog, logs: Logs, clock: Clock
) -> None:
    for second in range(1000, 3000, 10):
        logs.add(second, second)
        clock.now += 10
        assert ids(log.poll()) == [f"id-{second}"]
    assert min(logs.starts[-3:]) >= (2980 - 300) * 1000
    assert len(log._seen) < 70


def test_of_very_many_events_no_look_back_reads_more_than_it_can(
    logs: Logs, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "_MOST_LOOKED_BACK", 50)
    logs.page = 1000
    log, found = EventLog(logs, "nyc", 1000, clock=clock), 0
    for second in range(1000, 1060):
        for number in range(10):
            logs.add(second * 10 + number, second)
        clock.now += 1
        found += len(log.poll())
    assert found == 600
    assert logs.starts[49] >= 1040 * 1000  # far back: five seconds of fifty events, in place of fifty
    assert len(log._seen) < 250
    for _ in range(5):  # when none come any more, nothing is read a second time as new
        clock.now += 11
        assert log.poll() == []


def test_an_event_that_claims_to_be_of_tomorrow_does_not_hide_what_comes_until_then(
    log: EventLog, logs: Logs, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "_MOST_LOOKED_BACK", 0)
    monkeypatch.setattr(event_log.time, "time", lambda: 1010.0)
    logs.add(1, 90_000)
    assert ids(log.poll()) == ["id-1"]
    logs.add(2, 1010)
    assert ids(log.poll()) == ["id-2"]
    clock.now += 11
    logs.add(3, 1010)
    assert ids(log.poll()) == ["id-3"]


def test_a_line_that_is_not_an_event_is_passed_over(log: EventLog, logs: Logs) -> None:
    for number, text in enumerate(["no JSON", "[]", '{"a": 1}', "5"]):
        logs.add(number, 1000, text)
    logs.add(9, 1000)
    assert ids(log.poll()) == ["id-9"]


def test_the_error_for_a_tenant_without_event_log_states_what_to_do(log: EventLog, logs: Logs) -> None:
    logs.faults = [fault("ResourceNotFoundException")]
    with pytest.raises(PressoError) as refused:
        log.poll()
    assert "nyc has no event log" in refused.value.message
    assert "presso apply nyc" in refused.value.hint


@pytest.mark.parametrize(
    "error", [fault("AccessDeniedException"), EndpointConnectionError(endpoint_url="http://x")]
)
def test_an_event_log_that_cannot_be_read_is_an_error_for_people(
    log: EventLog, logs: Logs, error: Exception
) -> None:
    logs.faults = [error]
    with pytest.raises(PressoError, match="event log of nyc cannot be read"):
        log.poll()


def test_being_asked_to_slow_down_ends_no_watch(log: EventLog, logs: Logs) -> None:
    logs.faults = [fault("ThrottlingException")]
    logs.add(1, 1000)
    assert next(log.follow()).id == "id-1"


def test_following_returns_what_is_there_when_it_is_stopped(log: EventLog, logs: Logs) -> None:
    logs.add(1, 1000)
    stop = threading.Event()
    stop.set()
    assert ids(list(log.follow(stop))) == ["id-1"]


def test_waiting_ends_with_enough_events(log: EventLog, logs: Logs) -> None:
    for number in range(5):
        logs.add(number, 1000)
    assert len(log.wait_for(lambda events: len(events) == 5, 10)) == 5


def test_waiting_ends_in_time_without_them(log: EventLog, logs: Logs, clock: Clock) -> None:
    logs.add(1, 1000)
    assert len(log.wait_for(lambda events: len(events) == 2, -1)) == 1


def test_the_local_aws_event_log_is_followed(aws: Callable[[str], Any]) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/aws/events/nyc")
    logs.create_log_stream(logGroupName="/aws/events/nyc", logStreamName="x")
    now = int(time.time())
    log = EventLog(logs, "nyc", now)
    for number in range(3):
        line = {"timestamp": now * 1000, "message": json.dumps(document(number))}
        logs.put_log_events(logGroupName="/aws/events/nyc", logStreamName="x", logEvents=[line])
        assert ids(log.poll()) == [f"id-{number}"]


def test_the_error_for_a_local_aws_without_the_tenant_names_it(aws: Callable[[str], Any]) -> None:
    with pytest.raises(PressoError, match="nyc has no event log"):
        EventLog(aws("logs"), "nyc").poll()


def test_a_json_line_is_the_whole_event(log: EventLog) -> None:
    event = LiveEvent(document(1, detail={"text": "zwei\nZeilen, ä"}))
    assert "\n" not in event_log.json_line(event)
    assert json.loads(event_log.json_line(event)) == event.document


def test_a_line_has_time_type_order_and_reason() -> None:
    when = f"{datetime(2026, 11, 24, 2, 10, 33, tzinfo=UTC).astimezone():%H:%M:%S}"
    line = event_log.line(LiveEvent(document(42))).plain
    assert line.split() == [when, "OrderManager.MakeOrder", "000042", "Story", "42."]


def test_a_line_without_message_has_the_details() -> None:
    detail = {"drink": "Espresso", "duration": 5, "eventId": "nyc", "more": {"x": 1}}
    line = event_log.line(LiveEvent(document(1, detail=detail))).plain
    assert line.endswith("drink Espresso, duration 5")


def test_an_event_cannot_steer_the_terminal() -> None:
    event = LiveEvent(document(1, detail={"Message": "\x1b[2J\x07 a\r\nb"}))
    assert event_log.line(event).plain.isprintable()


def test_an_event_without_time_or_detail_is_shown() -> None:
    assert "A.B" in event_log.line(LiveEvent({"detail-type": "A.B"})).plain


def test_producers_have_colours_of_their_own_and_extensions_keep_theirs() -> None:
    names = ["Validator", "OrderProcessor", "OrderManager", "ConfigService", "OrderRobot", "ProducerRobot"]
    assert len({event_log.colour(name) for name in names}) == len(names)
    assert event_log.colour("wait-times") == event_log.colour("wait-times")


def test_an_extensions_event_is_its_own_by_any_name() -> None:
    event = LiveEvent(document(1, source="serverlesspresso.extension.wait-times"))
    assert event.producer == "wait-times"
