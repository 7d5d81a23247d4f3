"""The control room in Chromium: an event on its way, a dead letter sent again; legible, and closed to others.

The tenant and the window live as long as this file's tests, which use them one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.chromium import launched
from tests.conftest import clients

from presso.aws_access import Access, local_access
from presso.dashboard import tenant_feed
from presso.dashboard.gate_findings import GateFindings
from presso.dashboard.request_guard import Doorkeeper
from presso.dashboard.routes import ControlRoom, application
from presso.dashboard.tenant_feed import TenantFeed
from presso.event_sources import CORE_SOURCE
from presso.local_aws import Running
from presso.web_server import WebServer, listening_socket
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ACCOUNT = "900000000041"
PATIENCE = 120_000  # milliseconds, on a machine that does much else
VIEWS = ("overview", "live", "letters", "extensions", "runs")
PLACED = "OrderManager.WaitingCompletion"
SECRET = "AQC-a-task's-token"
LETTER = json.dumps({"detail-type": PLACED, "detail": {"orderId": "dead", "TaskToken": SECRET}})
FINDING = {
    **{"check": "P1-004", "severity": "error", "file": "extensions/times/main.tf", "line": 3},
    **{"found": "The table has no prefix", "fix": "Use the context's prefix.", "waiver": None},
}
PROMISES = {"P1": "broken", "P2": "proven"}
REPORT = {"extension": "times", "passed": False, "promises": PROMISES, "findings": [FINDING]}
# Notes all that was lit: it is over after a second, in which a busy machine may not look.
NOTE_LIT = """() => {
  const lit = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.classList.contains("lit")) lit.add(target.dataset.key ?? "bus");
    }
    document.documentElement.dataset.lit = [...lit].join(" ");
  }).observe(document.getElementById("page"), { subtree: true, attributeFilter: ["class"] });
}"""


@dataclass
class Tenant:
    """The tenant nyc, with the extension `times`, and its control room."""

    aws: Callable[[str], Any]
    room: ControlRoom
    keeper: Doorkeeper
    queues: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = application(self.room, self.keeper)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the control room does, and note the status."""

        async def send_noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.answers.append((scope["path"], message["status"]))
            await send(message)

        await self.app(scope, receive, send_noted)

    def put(self, order: str, detail_type: str = PLACED) -> None:
        """Put an event of an order on the bus."""
        detail = {"orderId": order, "TaskToken": SECRET, "Message": f"<i>Order {order}</i>"}
        entry = {"EventBusName": "nyc", "Source": CORE_SOURCE, "DetailType": detail_type}
        put = self.aws("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
        assert put["FailedEntryCount"] == 0


def deployed(aws: Callable[[str], Any]) -> dict[str, str]:
    """A bus with a log and a queue, as a platform and an extension have them; the queues' URLs."""
    events, sqs = aws("events"), aws("sqs")
    events.create_event_bus(Name="nyc")
    aws("logs").create_log_group(logGroupName="/aws/events/nyc")
    names = ("nyc--times--orders", "nyc--times--orders--dead-letters")
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
    targets = {
        "nyc--event-log": ({"account": [ACCOUNT]}, "logs:us-east-1:{}:log-group:/aws/events/nyc"),
        "nyc--times--orders": ({"detail-type": [PLACED]}, "sqs:us-east-1:{}:nyc--times--orders"),
    }
    for name, (pattern, arn) in targets.items():
        events.put_rule(Name=name, EventBusName="nyc", EventPattern=json.dumps(pattern))
        target = {"Id": "t", "Arn": f"arn:aws:{arn.format(ACCOUNT)}"}
        events.put_targets(Rule=name, EventBusName="nyc", Targets=[target])
    return queues


@pytest.fixture(scope="module")
def tenant(checkout: Path, local_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """The tenant's control room, open."""
    root = tmp_path_factory.mktemp("control-room").resolve()
    (root / "modules").symlink_to(checkout / "modules")
    for file, text in {
        "tenants/nyc/tenant.yaml": "name: nyc\ntitle: New York\nextensions: [times]\n",
        "tenants/sfo/tenant.yaml": "name: sfo\ntitle: 5\n",
        "extensions/times/main.tf": 'variable "context" {}\n',
        ".presso/runs/20261128-100000-aaaa/run.jsonl": '{"id": "20261128-100000-aaaa", "action": "apply", '
        '"began": "2026-11-28 10:00:00", "process": {"pid": 1, "started": ""}, "total": 1}\n'
        '{"unit": "nyc/times", "result": "failed", "cause": "no milk", "needs": [], "repeated": []}\n'
        '{"seconds": 3.5}\n',
    }.items():
        (root / file).parent.mkdir(parents=True)
        (root / file).write_text(text)
    aws, place = clients(local_aws, ACCOUNT), listening_socket("127.0.0.1", 0)
    access = local_access(local_aws.endpoint, ACCOUNT)

    def reached(feed: TenantFeed) -> Access:
        return access

    with pytest.MonkeyPatch.context() as patch, place:
        patch.setattr(TenantFeed, "access", reached)
        patch.setattr(GateFindings, "reports", lambda *_: [REPORT])
        patch.setitem(tenant_feed._EVERY, "local", dict.fromkeys(tenant_feed._EVERY["local"], 0.5))
        room = ControlRoom(Workspace(root, root / ".presso"), actions=True)
        keeper = Doorkeeper("127.0.0.1", place.getsockname()[1])
        found = Tenant(aws, room, keeper, deployed(aws))
        with WebServer(found.answer, place), room.following():
            yield found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium with a profile of its own, without a window."""
    with launched(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def window(browser: Browser, tenant: Tenant) -> Iterator[tuple[Page, list[str]]]:
    """The page, opened by the link, and what the browser complained of."""
    complaints: list[str] = []
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(tenant.keeper.link)
    assert page.url.partition("#")[0] == f"http://127.0.0.1:{tenant.keeper.port}/"
    yield page, complaints
    page.close()


def is_complaint(message: Any) -> bool:
    """Whether it is one; not the browser's report of a request that a test has refused."""
    return message.type in ("error", "warning") and "status of 403" not in message.text


@pytest.fixture
def page(window: tuple[Page, list[str]]) -> Iterator[Page]:
    """The page, about which the browser does not complain."""
    shown, complaints = window
    shown.get_by_text("Connected").wait_for()
    yield shown
    assert complaints == []


def view(page: Page, name: str) -> None:
    """Go to a view of the tenant."""
    page.evaluate("hash => { location.hash = hash; }", f"#/{name}/nyc")
    page.locator("main h1", has_text={"letters": "Dead letters"}.get(name, name.title())).wait_for(
        state="attached"
    )


def test_an_event_lights_its_way_and_is_shown_in_full_without_its_secret(page: Page, tenant: Tenant) -> None:
    view(page, "live")
    page.locator(".box.target", has_text="orders").wait_for()
    tenant.put("first")
    page.locator(".box.producer", has_text="1 event").wait_for()
    page.locator(".lit").first.wait_for(state="detached")
    page.evaluate(NOTE_LIT)
    tenant.put("second")
    for key in ("producer:OrderManager", "bus", "rule:0", "rule:1"):
        page.locator(f":root[data-lit~='{key}']").wait_for(state="attached")
    way = page.locator(".box[data-key='rule:1'] text").all_text_contents()
    assert way == ["orders", "times", "orders", "queue"]
    tenant.put("third", "OrderManager.MakeOrder")
    page.get_by_label("Filter events").fill("third")
    page.get_by_text("1 match").wait_for()
    assert page.locator(".events td.note").all_inner_texts() == ["<i>Order third</i>"]
    page.get_by_role("button", name="OrderManager.MakeOrder").click()
    page.get_by_text('"(hidden)"').wait_for()
    assert (
        page.get_by_label("Its way").inner_text()
        == "OrderManager → platform: event-log → log group /aws/events/nyc"
    )
    assert page.locator(".box.chosen").count() == 3
    assert SECRET not in page.content()
    page.get_by_role("button", name="Close").click()
    page.get_by_label("Filter events").fill("")


def test_a_dead_letter_is_shown_with_its_cause_sent_again_and_arrives(page: Page, tenant: Tenant) -> None:
    view(page, "letters")
    queue, dead = tenant.queues.values()
    tenant.aws("sqs").purge_queue(QueueUrl=queue)
    cause = {"ErrorMessage": {"DataType": "String", "StringValue": "no milk"}}
    tenant.aws("sqs").send_message(QueueUrl=dead, MessageBody=LETTER, MessageAttributes=cause)
    card = page.get_by_role("region", name="times/orders")
    card.get_by_role("button", name="Show causes").click()
    card.get_by_text("no milk").wait_for()
    assert SECRET not in page.content()
    card.get_by_role("button", name="Send again").click()
    card.get_by_text("1 letter sent again.").wait_for()
    [arrived] = tenant.aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert arrived["Body"] == LETTER
    page.get_by_text("1 dead letter", exact=True).wait_for(state="detached")


def test_a_dashboard_that_only_shows_has_nothing_to_press(page: Page, tenant: Tenant) -> None:
    tenant.aws("sqs").send_message(
        QueueUrl=tenant.queues["nyc--times--orders--dead-letters"], MessageBody=LETTER
    )
    tenant.room.actions = False
    page.reload()
    page.get_by_text("Read-only").wait_for()
    view(page, "letters")
    page.get_by_text("presso dashboard --allow-actions").wait_for()
    assert page.get_by_role("button", name="Send again").count() == 0
    refused = page.evaluate(
        """async () => (await fetch("/api/tenants/nyc/dead-letters/times/orders/send",
        { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).status"""
    )
    assert refused == 403


@pytest.mark.parametrize("address", ["%", "toString/nyc", "constructor", "live/<b>"])
def test_an_address_that_is_none_shows_a_view(page: Page, address: str) -> None:
    view(page, "runs")
    page.evaluate("hash => { location.hash = hash; }", f"#/{address}")
    title = "Live" if address.startswith("live") else "Overview"
    page.locator("main h1", has_text=title).wait_for(state="attached")


def test_units_runs_and_findings_are_shown_with_their_faults(page: Page) -> None:
    view(page, "overview")
    row = page.get_by_role("row", name="times")
    row.get_by_text("failed").wait_for()
    assert "apply: no milk" in row.inner_text()
    assert "tenants/sfo/tenant.yaml:2" in page.get_by_role("region", name="sfo").inner_text()
    view(page, "runs")
    assert "no milk" in page.get_by_role("row", name="nyc/times").inner_text()
    view(page, "extensions")
    page.get_by_text("refused").wait_for()
    assert "The table has no prefix." in page.get_by_role("region", name="times").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible(page: Page, axe: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(axe)
    for name in VIEWS:
        view(page, name)
        found = page.evaluate(
            "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"
        )
        assert found == [], name


def test_nothing_moves_for_readers_who_do_not_want_that(page: Page) -> None:
    view(page, "live")
    moves = """() => { const way = document.querySelector(".way"); way.classList.add("lit");
      const style = getComputedStyle(way); return [style.animationName, style.transitionDuration]; }"""
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moves)[0] == "run"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moves) == ["none", "0s"]


def test_a_phone_shows_all_views_in_its_width(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in VIEWS:
        view(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.set_viewport_size({"width": 1280, "height": 900})


async def another_page(scope: Any, receive: Any, send: Any) -> None:
    """A page of another server of this machine."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<title>another page</title>"})


def test_another_page_of_the_same_browser_gets_nothing(tenant: Tenant, page: Page) -> None:
    home = f"http://127.0.0.1:{tenant.keeper.port}"
    paths = ["/", "/assets/app.js", "/api/stream", "/api/tenants/nyc/dead-letters/times/orders/send"]
    before = len(tenant.answers)
    other = page.context.new_page()  # the browser sends the cookie: it has the same name for all ports
    with listening_socket("127.0.0.1", 0) as place, WebServer(another_page, place):
        other.goto(f"http://127.0.0.1:{place.getsockname()[1]}/x")
        for path in paths:
            how = {
                "mode": "no-cors",
                "credentials": "include",
                "method": "POST" if path == paths[-1] else "GET",
            }
            other.evaluate("([url, how]) => fetch(url, how).then(() => 0, () => 1)", [home + path, how])
        with pytest.raises(Exception, match="Failed to fetch"):
            other.evaluate("url => fetch(url).then((answer) => answer.text())", home)
        other.close()
    assert {(path, 403) for path in paths} == set(tenant.answers[before:])
