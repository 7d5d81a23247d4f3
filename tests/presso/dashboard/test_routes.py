"""The server: only its own page gets anything, without secrets; slow pages and many pages are bounded."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from presso.dashboard import routes
from presso.dashboard.page_stream import MOST_PAGES, MOST_ROWS
from presso.dashboard.request_guard import HEADERS, Doorkeeper
from presso.dashboard.routes import ControlRoom, application
from presso.dashboard.tenant_feed import TenantFeed
from presso.errors import PressoError
from presso.simulation.event_log import LiveEvent
from presso.units.dead_letters import Letters
from presso.workspace import Workspace

KEEPER = Doorkeeper("127.0.0.1", 8050, "the-token-of-a-link", "the-value-of-a-cookie")
HOME = "http://127.0.0.1:8050"
SECRET = "s3cr3t-of-a-task"
EVENT = {
    "id": "e1",
    "time": "2026-11-28T10:00:00Z",
    "source": "awsserverlessda.serverlesspresso",
    "detail-type": "OrderManager.WaitingCompletion",
    "detail": {"orderId": "o1", "TaskToken": SECRET, "Message": "Order 1 is placed."},
}
LETTERS = "/api/tenants/nyc/dead-letters/times/orders"
POST = {"content": "{}", "headers": {"Content-Type": "application/json", "Origin": HOME}}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlRoom]:
    """A checkout with the tenant nyc, in which nothing is read by itself."""
    file = tmp_path / "tenants" / "nyc" / "tenant.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: nyc\ntitle: New York\n")
    for name in ("_follow", "_refresh"):
        monkeypatch.setattr(TenantFeed, name, lambda feed: None)
    found = ControlRoom(Workspace(tmp_path, tmp_path / ".presso"))
    found.feed("nyc").window.add(LiveEvent(EVENT), [0], 0.0)
    yield found
    found.stop.set()


@pytest.fixture
def stranger(room: ControlRoom) -> TestClient:
    """A client without the link."""
    return TestClient(application(room, KEEPER), base_url=HOME, follow_redirects=False)


@pytest.fixture
def page(stranger: TestClient) -> TestClient:
    """A browser that has opened the link."""
    opened = stranger.get(f"/?token={KEEPER.token}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert KEEPER.token not in cookie
    return stranger


def read(page: TestClient, room: ControlRoom, path: str) -> str:
    """A stream, to its end."""
    room.stop.set()
    return page.get(path).text


@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/api/stream", "/api/tenants/nyc/events/e1", "/x"])
class TestWhoGetsNothing:
    def test_a_browser_without_the_token(self, stranger: TestClient, path: str) -> None:
        refused = stranger.get(path)
        assert refused.status_code == 403
        assert refused.text == "Open the link that presso dashboard has printed.\n"

    @pytest.mark.parametrize("token", ["", "x", "%ff", KEEPER.token[:-1], f"{KEEPER.token}&token=x"])
    def test_a_wrong_token(self, stranger: TestClient, path: str, token: str) -> None:
        refused = stranger.get(f"{path}?token={token}")
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)

    @pytest.mark.parametrize("cookie", ["", "x", "\x00", f"{KEEPER.session}x", KEEPER.token])
    def test_a_wrong_cookie(self, stranger: TestClient, path: str, cookie: str) -> None:
        headers = {"Cookie": f"{KEEPER.cookie}={cookie}"}
        assert stranger.get(path, headers=headers).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example:8050"},  # DNS rebinding
            {"Host": "127.0.0.1"},
            {"Host": "127.0.0.1:8051"},
            {"Host": "127.0.0.1.evil.example:8050"},
            {"Host": ""},
            {"Origin": "http://evil.example"},
            {"Origin": "http://127.0.0.1:8051"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
        ids=lambda headers: ": ".join(*headers.items()),
    )
    def test_another_page_or_another_name_even_with_the_cookie(
        self, page: TestClient, path: str, headers: dict[str, str]
    ) -> None:
        refused = page.get(f"{path}?token={KEEPER.token}", headers=headers)
        assert (refused.status_code, refused.content) == (403, b"")
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("name", ["localhost", "[::1]"])
def test_loopback_has_other_names(page: TestClient, name: str) -> None:
    assert page.get("/", headers={"Host": f"{name}:8050", "Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_an_address_of_the_network_is_known_by_itself_alone() -> None:
    assert Doorkeeper("192.0.2.7", 8050).hosts == {"192.0.2.7:8050"}
    assert Doorkeeper("2001:db8::7", 80).link.startswith("http://[2001:db8::7]:80/?token=")


def test_browsers_leave_out_the_port_of_http() -> None:
    assert Doorkeeper("192.0.2.7", 80).hosts == {"192.0.2.7:80", "192.0.2.7"}


@pytest.mark.parametrize(
    "others", ['a={"b": 1}', "a[b]=c", "na\xefve=1", "a b=c", "=", f"{KEEPER.cookie}=of-a-folder"]
)
def test_the_cookies_of_other_ports_do_not_shut_the_page_out(others: str) -> None:
    own = f"{KEEPER.cookie}={KEEPER.session}"
    assert KEEPER.knows({"cookie": f"{others}; {own}"})
    assert KEEPER.knows({"cookie": f"{own}; {others}"})
    assert not KEEPER.knows({"cookie": others})


def test_each_start_has_secrets_of_its_own() -> None:
    first, second = Doorkeeper("127.0.0.1", 1), Doorkeeper("127.0.0.1", 1)
    assert len({first.token, first.session, second.token, second.session}) == 4


@pytest.mark.parametrize(
    "path", ["/", "/assets/app.js", "/assets/none", "/api/tenants/nyc/events/none", "/none"]
)
def test_every_answer_forbids_what_the_page_does_not_need(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "'unsafe" not in answer.headers["content-security-policy"]


def test_the_page_is_whole_and_asks_nothing_of_other_hosts(page: TestClient) -> None:
    index = page.get("/").text
    names = [part.split('"')[0] for part in index.split("/assets/")[1:]]
    assert {"app.js", "dashboard.css", "colours.css", "favicon.svg"} <= set(names)
    waiting, seen = {name for name in names if name.endswith(".js")}, set[str]()
    while waiting:
        name = waiting.pop()
        answer = page.get(f"/assets/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith("text/javascript")
        seen.add(name)
        waiting |= {part.split('"')[0] for part in answer.text.split('from "./')[1:]} - seen
        assert "http" not in answer.text.replace("http://www.w3.org/", ""), name
    assert len(seen) > 8
    assert "<script>" not in index
    assert "style=" not in index


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../routes.py",
        "/assets/..%2froutes.py",
        "/assets/%2e%2e/%2e%2e/cli.py",
        "/assets//etc/passwd",
        "/assets/%00",
        "/api/tenants/..%2f..%2fetc/events/passwd",
        "/api/tenants/%2e%2e/events/x",
        "/api/tenants/sfo/events/x",
        "/api/tenants/%00/events/x",
    ],
)
def test_no_path_leads_to_a_file_or_to_a_tenant_that_is_none(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


@pytest.mark.parametrize("tenant", ["gone", "../nyc", "\0"])
def test_a_page_of_a_tenant_that_does_not_exist_shows_that_and_the_others(
    room: ControlRoom, tenant: str
) -> None:
    room.overview.pages.values["tenants"] = [{"name": "nyc"}]
    [whole], leave = room.watch(tenant)
    news = whole.take()
    leave()
    assert news["problem:reads"].startswith(f"There is no tenant {tenant}")
    assert (news["tenants"], set(room.feeds)) == ([{"name": "nyc"}], {"nyc"})


def test_an_event_in_full_has_no_secret(page: TestClient) -> None:
    shown = page.get("/api/tenants/nyc/events/e1")
    assert shown.json()["detail"] == {
        "orderId": "o1",
        "TaskToken": "(hidden)",
        "Message": "Order 1 is placed.",
    }
    assert (
        page.get("/api/tenants/nyc/events/gone").json()["error"].startswith("This event is not kept any more")
    )


def test_the_stream_begins_with_what_is_known_and_has_no_secret(page: TestClient, room: ControlRoom) -> None:
    async def first() -> list[dict[str, Any]]:
        streams, leave = room.watch("nyc")
        news = routes._news(room, streams)
        assert await anext(news) == "retry: 2000\n\n"
        found = []
        for _ in range(3):
            event, data, *_ = (await anext(news)).split("\n")
            assert event == "event: news"
            found.append(json.loads(data.removeprefix("data: ")))
        await news.aclose()
        leave()
        return found

    room.overview.pages.values["units"] = [{"cause": "password is Bearer abcdefghijkl"}]
    found = {each["kind"]: each["value"] for each in asyncio.run(first())}
    assert found["settings"] == {"actions": False}
    assert found["units"] == [{"cause": "password is Bearer (hidden)"}]
    assert [row["id"] for row in found["events"]["rows"]] == ["e1"]
    assert SECRET not in json.dumps(found)
    assert len(room.overview.pages) == len(room.feed("nyc").pages) == 0


def test_a_page_that_does_not_read_its_stream_holds_no_more_than_one_that_does(room: ControlRoom) -> None:
    async def late() -> dict[str, Any]:
        streams, leave = room.watch("nyc")
        news = routes._news(room, streams)
        await anext(news)
        for start in range(0, 20_000, 100):
            for stream in room.feed("nyc").pages:
                stream.push([{"number": number} for number in range(start, start + 100)])
        while "events" not in (line := await anext(news)):
            pass
        await news.aclose()
        leave()
        found: dict[str, Any] = json.loads(line.split("data: ")[1])["value"]
        return found

    found = asyncio.run(late())
    assert len(found["rows"]) == MOST_ROWS
    assert found["missed"] > 17_000
    assert found["rows"][-1] == {"number": 19_999}


def test_a_page_that_goes_before_its_stream_begins_leaves_its_place(
    page: TestClient, room: ControlRoom
) -> None:
    cookie = f"{KEEPER.cookie}={KEEPER.session}".encode()
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/api/stream", "query_string": b""}
    scope["headers"] = [(b"host", b"127.0.0.1:8050"), (b"cookie", cookie)]

    async def gone() -> dict[str, Any]:
        assert room.pages() == 1
        return {"type": "http.disconnect"}

    async def never(message: Any) -> None:
        await asyncio.Event().wait()

    asyncio.run(application(room, KEEPER)(scope, gone, never))
    assert room.pages() == 0


def test_half_of_a_character_does_not_end_the_stream(room: ControlRoom) -> None:
    assert json.loads(routes._text({"cause": "\ud83d"})) == {"cause": "?"}


def test_streams_end_with_the_dashboard_and_pages_are_limited(page: TestClient, room: ControlRoom) -> None:
    leaving = [room.watch("")[1] for _ in range(MOST_PAGES)]
    assert page.get("/api/stream").status_code == 503
    for leave in leaving:
        leave()
    assert "event: news" not in read(page, room, "/api/stream")
    assert room.pages() == 0


class TestActions:
    @pytest.fixture
    def sent(self, room: ControlRoom, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        """What is sent again."""
        found: list[tuple[str, str]] = []

        def send(feed: TenantFeed, part: str, name: str) -> dict[str, Any]:
            feed._named(part, name)
            found.append((part, name))
            return {"sent": 1, "faults": []}

        monkeypatch.setattr(TenantFeed, "send_again", send)
        room.feed("nyc").letters = {"times": [Letters("orders", 1, "url")]}
        return found

    def test_are_refused_unless_they_are_allowed(self, page: TestClient, sent: list[Any]) -> None:
        refused = page.post(f"{LETTERS}/send", **POST)  # type: ignore[arg-type]
        assert refused.status_code == 403
        assert "--allow-actions" in refused.json()["error"]
        assert sent == []

    def test_are_done_where_they_are_allowed(
        self, page: TestClient, room: ControlRoom, sent: list[Any]
    ) -> None:
        room.actions = True
        assert page.post(f"{LETTERS}/send", **POST).json() == {"sent": 1, "faults": []}  # type: ignore[arg-type]
        assert sent == [("times", "orders")]
        assert page.post(f"{LETTERS}x/send", **POST).status_code == 404  # type: ignore[arg-type]
        assert page.get(f"{LETTERS}/send").status_code == 405

    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Type": "application/json"},
            {"Content-Type": "text/plain", "Origin": HOME},
            {"Content-Type": "application/x-www-form-urlencoded", "Origin": HOME},
            {"Content-Type": "application/json", "Origin": "http://evil.example"},
            {"Content-Type": "application/json", "Origin": HOME, "Sec-Fetch-Site": "cross-site"},
        ],
    )
    def test_of_another_page_are_refused(
        self, page: TestClient, room: ControlRoom, sent: list[Any], headers: dict[str, str]
    ) -> None:
        room.actions = True
        assert page.post(f"{LETTERS}/send", content="{}", headers=headers).status_code == 403
        assert sent == []

    def test_that_fail_are_reported_without_secrets(
        self, page: TestClient, room: ControlRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def causes(feed: TenantFeed, part: str, name: str) -> Any:
            raise PressoError("refused: Bearer abcdefghijkl")

        monkeypatch.setattr(TenantFeed, "causes", causes)
        assert page.get(LETTERS).json() == {"error": "refused: Bearer (hidden)"}

    def test_that_fail_in_another_way_are_reported_too(
        self, page: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(TenantFeed, "causes", lambda *_: json.loads("{}")["x"])
        assert page.get(LETTERS).json() == {"error": "KeyError: 'x'"}
