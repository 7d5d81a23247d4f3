"""What happens in a tenant, read while a page looks: on target aws as on target local."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from tests.patience import PATIENCE

from presso.dashboard import tenant_feed
from presso.dashboard.page_stream import PageStream
from presso.dashboard.tenant_feed import TenantFeed
from presso.errors import PressoError
from presso.event_sources import CORE_SOURCE
from presso.local_aws import Running
from presso.simulation import event_log
from presso.workspace import Workspace


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Callable[[str], TenantFeed]]:
    """`feed("aws")` is that of the tenant nyc on a target."""
    stop, feeds = threading.Event(), list[TenantFeed]()

    def of(target: str) -> TenantFeed:
        file = tmp_path / "tenants" / "nyc" / "tenant.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"name: nyc\ntitle: T\ntarget: {target}\n")
        feeds.append(TenantFeed(Workspace(tmp_path, tmp_path / ".presso"), "nyc", stop))
        return feeds[0]

    yield of
    stop.set()
    for each in feeds:
        each.join()


def until(stream: PageStream, enough: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What the stream brings until it is enough."""
    found: dict[str, Any] = {}
    deadline = time.monotonic() + PATIENCE
    while not enough(found):
        assert time.monotonic() < deadline, found
        found |= stream.take()
        time.sleep(0.02)
    return found


def test_a_tenant_on_aws_is_read_by_the_callers_own_keys(
    feed: Callable[[str], TenantFeed],
    local_aws: Running,
    account: str,
    aws: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The local AWS takes the place of AWS; the tenant's file has target aws.
    variables = {"ENDPOINT_URL": local_aws.endpoint, "ACCESS_KEY_ID": account, "SECRET_ACCESS_KEY": "x"}
    for name, value in variables.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setitem(tenant_feed._EVERY, "aws", dict.fromkeys(tenant_feed._EVERY["aws"], 0.1))
    events, queue = aws("events"), aws("sqs").create_queue(QueueName="nyc--times--orders--dead-letters")
    events.create_event_bus(Name="nyc")
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    log = f"arn:aws:logs:us-east-1:{account}:log-group:/aws/events/nyc"
    pattern = json.dumps({"account": [account]})
    events.put_rule(Name="nyc--event-log", EventBusName="nyc", EventPattern=pattern)
    events.put_targets(Rule="nyc--event-log", EventBusName="nyc", Targets=[{"Id": "l", "Arn": log}])
    aws("sqs").send_message(QueueUrl=queue["QueueUrl"], MessageBody="x")
    found = feed("aws")
    stream = found.watch()
    news = until(stream, lambda news: bool(news.get("letters") and news.get("graph")))
    assert news["letters"] == [{"part": "times", "name": "orders", "count": 1}]
    assert [rule["name"] for rule in news["graph"]] == ["event-log"]
    assert news["replays"] == []
    entry = {"EventBusName": "nyc", "Source": CORE_SOURCE, "DetailType": "X.Y", "Detail": "{}"}
    events.put_events(Entries=[entry])
    [row] = until(stream, lambda news: "events" in news)["events"]["rows"]
    assert (row["type"], row["rules"]) == ("X.Y", [0])
    assert found.causes("times", "orders") == [{"cause": "", "body": "x"}]
    with pytest.raises(PressoError, match="nyc/times has no dead letters of others"):
        found.causes("times", "others")
    # A page that comes later begins with the same.
    again = found.watch().take()
    assert again["events"]["rows"] == [row]
    assert again["letters"] == news["letters"]


def test_a_local_aws_is_not_started_to_be_looked_at(feed: Callable[[str], TenantFeed]) -> None:
    found = feed("local")
    news = until(found.watch(), lambda news: "problem:events" in news)
    assert news["problem:events"] == "The local AWS is not running. Start it: presso apply nyc"


def test_reading_ends_some_time_after_the_last_page_has_gone(
    feed: Callable[[str], TenantFeed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_feed, "_LINGER_SECONDS", -1.0)
    found = feed("local")
    stream = found.watch()
    assert all(thread.is_alive() for thread in found._threads.values())
    found.pages.remove(stream)
    for thread in found._threads.values():
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in found._threads.values())


class Log:
    """A log of events, each with its id and its time; `fault` is raised once by the next look."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.fault: Exception | None = None

    def client(self, service: str) -> Any:
        return self

    def add(self, number: int, at: float) -> None:
        event = {"id": f"e{number}", "detail-type": "X.Y", "source": CORE_SOURCE, "detail": {}}
        entry = {"eventId": f"l{number}", "timestamp": int(at * 1000), "message": json.dumps(event)}
        self.entries.append(entry)

    def filter_log_events(self, startTime: int, **_: Any) -> dict[str, Any]:
        if fault := self.fault:
            self.fault = None
            raise fault
        return {"events": [entry for entry in self.entries if entry["timestamp"] >= startTime]}


class Clock:
    """The time of the feed and of the log, which does not pass by itself."""

    now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.fixture
def read(feed: Callable[[str], TenantFeed], monkeypatch: pytest.MonkeyPatch) -> tuple[TenantFeed, Log, Clock]:
    """A feed that is read once at a time, its log and its clock."""
    found, log, clock = feed("local"), Log(), Clock()
    monkeypatch.setattr(TenantFeed, "access", lambda feed: log)
    monkeypatch.setattr(TenantFeed, "_over", True)
    monkeypatch.setattr(tenant_feed, "time", clock)
    monkeypatch.setattr(event_log, "time", clock)
    return found, log, clock


def ids(feed: TenantFeed) -> list[str]:
    return [row["id"] for row in feed.window.rows()]


@pytest.mark.parametrize("fault", [None, EndpointConnectionError(endpoint_url="x"), KeyError("x")])
def test_after_a_pause_or_a_fault_no_event_is_there_twice_and_none_is_missing(
    read: tuple[TenantFeed, Log, Clock], fault: Exception | None
) -> None:
    found, log, clock = read
    log.add(1, clock.now - 30)
    found._followed()
    log.add(2, clock.now + 100)
    log.fault = fault
    if fault:
        with pytest.raises((PressoError, KeyError)):
            found._followed()
    clock.now += 290
    found._followed()
    assert ids(found) == ["e1", "e2"]
    assert "gap" not in found.pages.values


def test_after_a_long_pause_the_page_shows_the_gap(read: tuple[TenantFeed, Log, Clock]) -> None:
    found, log, clock = read
    begin = clock.now
    found._followed()
    log.add(1, begin + 100)
    clock.now += 3_600
    log.add(2, clock.now - 10)
    found._followed()
    assert ids(found) == ["e2"]
    assert found.pages.values["gap"] == {"from": begin, "until": clock.now - 60}


def test_what_cannot_be_read_is_shown_and_does_not_hold_up_the_others(
    read: tuple[TenantFeed, Log, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, *_ = read
    monkeypatch.setattr(TenantFeed, "_read_replays", lambda feed: json.loads("{}")["speed"])
    monkeypatch.setattr(TenantFeed, "_read_letters", lambda feed: ["letter"])
    monkeypatch.setattr(TenantFeed, "_over", property(lambda feed: "letters" in feed.pages.values))
    monkeypatch.setattr(TenantFeed, "_read_graph", lambda feed: [])
    found._refresh()
    assert found.pages.values["problem:reads"] == "KeyError: 'speed'"
    assert (found.pages.values["graph"], found.pages.values["letters"]) == ([], ["letter"])


def test_a_letter_that_no_browser_can_read_is_a_text() -> None:
    for body in ("x", "[" * 50_000, '{"a": NaN}'):
        assert tenant_feed._as_json(body) == body
