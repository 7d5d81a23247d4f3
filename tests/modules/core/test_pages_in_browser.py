"""The pages of two bars in Chromium: orders from the code to the drink, and what the other bar sees of it.

The browser and the bars live as long as this file's tests, of which each has windows of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.chromium import beside, launched
from tests.shared_packages import share_packages
from tests.without_gate import WithoutGate

from presso.aws_access import local_access
from presso.bar import lan_proxy
from presso.bar.owned_bar import OwnedBar
from presso.bar.staff import Staff
from presso.deployment import unit_selection
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.local_aws import Running
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

ACCOUNTS = {"brewed": "900000000021", "roasted": "900000000022"}
PATIENCE = 120_000  # milliseconds, on a machine that does much else
# A browser reports each request that the bar refuses, or that fails while it is offline.
REFUSALS = ("status of 400", "ERR_INTERNET_DISCONNECTED")
PHONE = {"viewport": {"width": 390, "height": 844}}
TABLET = {"viewport": {"width": 1024, "height": 768}}
SCREEN = {"viewport": {"width": 1280, "height": 720}}


@dataclass
class Bar:
    """A bar with its pages.

    Args:
        owned: The bar, as its owner runs it.
        staff: The password of each member.
    """

    owned: OwnedBar
    staff: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"{self.owned.links.api}/"

    @property
    def code(self) -> str:
        """The code of now."""
        return str(self.owned.ask("validator", "GET /qr-code")["last_code"])


@pytest.fixture(scope="module")
def bars(checkout: Path, local_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> list[Bar]:
    """Two tenants with open bars, each with a barista, a display and an admin."""
    root = tmp_path_factory.mktemp("pages").resolve()
    for name in ("modules", "extensions"):
        (root / name).symlink_to(checkout / name)
    share_packages(checkout, root)
    for tenant, account in ACCOUNTS.items():
        file = root / "tenants" / tenant / "tenant.yaml"
        file.parent.mkdir(parents=True)
        core = f"{{languages: [en, ja], drinks_per_code: 1000, time_zone: {about_noon()}}}"
        file.write_text(f'name: {tenant}\ntitle: T\naccount: "{account}"\nplayer: false\ncore: {core}\n')
    workspace = Workspace(root, root / ".presso")
    selection = unit_selection.select(workspace, "apply", (), everything=True)
    environments = Environments(workspace, local_aws)
    outcomes = WithoutGate(workspace, selection, "apply", environments.of, Silent()).execute()
    assert [outcome for outcome in outcomes if outcome.bad] == []
    return [opened(OwnedBar(local_access(local_aws.endpoint, ACCOUNTS[name]), name)) for name in ACCOUNTS]


def about_noon() -> str:
    """A time zone in which no day ends while tests run: numbers of orders and figures begin anew then."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+}" if ahead else "UTC"


def opened(owned: OwnedBar) -> Bar:
    """A bar, opened, with its staff."""
    owned.ask("config", "PUT /store", state="open")
    staff = Staff(owned)
    return Bar(owned, {group: staff.add(group, group) for group in ("barista", "display", "admin")})


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees, once there is such a file: it is read when the camera begins."""
    return tmp_path_factory.mktemp("camera") / "film.y4m"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium with a profile of its own, without a window."""
    with launched(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def with_camera(browser: Browser, whole_chromium: str, film: Path) -> Iterator[Browser]:
    """One more, whose camera shows a film."""
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    with beside(browser.browser_type, whole_chromium, *camera) as started:
        yield started


@dataclass
class Windows:
    """Opens pages; all that the browser complains of is kept."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str, **settings: Any) -> Page:
        """A page, with nothing stored from others."""
        context = self.browser.new_context(locale="en-US", **settings)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._keep)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        return page

    def _keep(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in REFUSALS):
            self.complaints.append(f"{message.text} {message.location['url']}")

    def signed_in(self, bar: Bar, group: str, **settings: Any) -> Page:
        """A member's page, signed in."""
        page = self.open(f"{bar.address}{group}", **settings)
        self.sign_in(page, bar, group)
        return page

    def sign_in(self, page: Page, bar: Bar, member: str) -> None:
        """Sign a member in on a page."""
        page.get_by_label("Name").fill(member)
        page.get_by_label("Password").fill(bar.staff[member])
        page.get_by_role("button", name="Sign in").click()

    def guest(self, bar: Bar, **settings: Any) -> Page:
        """A guest's page, which has scanned the code."""
        page = self.open(f"{bar.address}#{bar.code}", **{**PHONE, **settings})
        page.get_by_role("radio").first.wait_for()
        return page


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    """Windows that are closed at the end. No page may complain."""
    yield from closed_at_the_end(Windows(browser))


@pytest.fixture
def windows_with_camera(with_camera: Browser) -> Iterator[Windows]:
    """The same, in the browser that has a camera."""
    yield from closed_at_the_end(Windows(with_camera))


def closed_at_the_end(windows: Windows) -> Iterator[Windows]:
    yield windows
    for context in windows.contexts:
        context.close()
    assert windows.complaints == []


def order(guest: Page, drink: str = "Caffe Latte", option: str = "Oat") -> str:
    """Order a drink and return the order's number."""
    guest.get_by_role("radio", name=drink).check()
    if option:
        guest.get_by_role("radio", name=option).check()
    guest.get_by_role("button", name="Order", exact=True).click()
    guest.get_by_text("Your order is in the queue").wait_for()
    return guest.locator(".number strong").inner_text()


def card(barista: Page, number: str) -> Any:
    """The card of an order."""
    return barista.locator(".order", has=barista.get_by_text(number, exact=True))


def test_a_drink_is_ordered_made_and_collected_and_another_bar_sees_nothing(
    bars: list[Bar], windows: Windows
) -> None:
    here, there = bars
    barista, colleague = (windows.signed_in(bar, "barista", **TABLET) for bar in bars)
    display, other = (windows.signed_in(bar, "display", **SCREEN) for bar in bars)
    for page in (barista, colleague):
        page.get_by_text("No orders").first.wait_for()
    guest = windows.guest(here)
    number = order(guest)
    display.locator(".making li", has_text=number).wait_for()
    made = card(barista, number)
    assert made.locator("h3").inner_text() == "Caffe Latte"
    assert "Oat" in made.inner_text()
    made.get_by_role("button", name="Make").click()
    guest.get_by_text("Your drink is being made").wait_for()
    made.get_by_role("button", name="Ready").click()
    guest.get_by_text("Your drink is ready").wait_for()
    made.wait_for(state="detached")
    display.locator(".ready li", has_text=number).wait_for()
    assert colleague.locator(".order").count() == other.locator("li").count() == 0
    # A display that is turned on later shows the same.
    later = windows.signed_in(here, "display", **SCREEN)
    later.locator(".ready li", has_text=number).wait_for()
    assert later.locator("li").count() == 1
    assert [order["state"] for order in there.owned.ask("manager", "GET /orders", state="COMPLETED")] == []


def test_the_code_on_the_display_is_the_one_that_begins_an_order(bars: list[Bar], windows: Windows) -> None:
    display = windows.signed_in(bars[0], "display", **SCREEN)
    picture = display.get_by_role("img", name="QR code")
    # Black on white, also where the page is dark: phones read no other.
    assert picture.get_attribute("src").startswith("data:image/svg+xml")  # type: ignore[union-attr]
    code = display.locator(".letters").inner_text().removeprefix("Code: ")
    guest = windows.open(f"{bars[0].address}#{code}", **PHONE)
    guest.get_by_text("Choose a drink").wait_for()
    assert "#" not in guest.url
    # The extension wait-times measures it; without the extension there is nothing to show.
    assert display.get_by_text("per drink").count() == 0
    average = {"drink": "Espresso", "duration": 150_000, "eventId": bars[0].owned.tenant}
    entry = {"EventBusName": bars[0].owned.tenant, "Source": "serverlesspresso.extension.wait-times"}
    entry |= {"DetailType": "OrderManager.DrinkAverageTime", "Detail": json.dumps(average)}
    assert bars[0].owned.access.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    display.get_by_text("About 2 min per drink").wait_for()
    bars[0].owned.ask("config", "PUT /store", state="closed")
    display.get_by_text("The bar is closed").wait_for()
    bars[0].owned.ask("config", "PUT /store", state="open")
    picture.wait_for()


def test_an_admin_closes_and_opens_changes_menu_and_limits_and_sees_figures(
    bars: list[Bar], windows: Windows
) -> None:
    owned = bars[1].owned
    menu = owned.ask("config", "GET /admin-config")["menu"]
    # The signs that part options in the form.
    cups = menu[2]["modifiers"] = [{"name": "Cup: size", "options": ["Small, hot; or not", "L"]}]
    owned.ask("config", "PUT /config", {"menu": menu})
    admin = windows.signed_in(bars[1], "admin", **TABLET)
    admin.get_by_role("button", name="Close").click()
    admin.get_by_text("The bar is closed").wait_for()
    assert owned.ask("config", "GET /admin-config")["storeOpen"] is False
    admin.get_by_role("button", name="Open").click()
    admin.get_by_text("The bar is open").wait_for()
    admin.get_by_label("Open orders per guest").fill("3")
    admin.locator("form", has_text="Limits").get_by_role("button", name="Save").click()
    admin.locator("form", has_text="Limits").get_by_text("Saved.").wait_for()
    admin.get_by_role("button", name="Remove Americano").click()
    admin.get_by_role("button", name="Add a drink").click()
    admin.get_by_label("Drink", exact=True).last.fill("Mocha")
    admin.get_by_label("Options").last.fill("Milk: Oat, Soy; Size: S, L")
    admin.get_by_label("Available").first.uncheck()
    admin.locator("form", has_text="Menu").get_by_role("button", name="Save").click()
    admin.locator("form", has_text="Menu").get_by_text("Saved.").wait_for()
    row = owned.ask("config", "GET /admin-config")
    assert row["maxOrdersPerUser"] == 3
    assert [(drink["drink"], drink["available"]) for drink in row["menu"]] == [
        *(("Flat White", False), ("Cappuccino", True), ("Caffe Latte", True), ("Espresso", True)),
        ("Mocha", True),
    ]
    assert row["menu"][-1]["modifiers"] == [
        {"name": "Milk", "options": ["Oat", "Soy"]},
        {"name": "Size", "options": ["S", "L"]},
    ]
    assert row["menu"][1]["modifiers"] == cups
    assert row["menu"][2]["modifiers"] == [{"name": "Milk", "options": ["Regular", "Oat"]}]
    staff = admin.locator("form", has_text="Staff")
    assert staff.locator("li strong").all_inner_texts() == ["admin", "barista", "display"]
    assert staff.get_by_role("button", name="Remove").count() == 2  # admins are the owner's to remove
    staff.get_by_label("Name").fill("carla")
    staff.get_by_role("button", name="Add a member").click()
    password = staff.locator("[role=status] code").inner_text()
    assert Staff(owned).token("carla", password)
    staff.get_by_role("button", name="Remove carla").click()
    staff.get_by_text("carla").first.wait_for(state="detached")
    figures = admin.locator(".figures div", has_text="Orders")
    assert figures.locator("dd").inner_text() == "0"


def test_what_looks_like_markup_is_shown_as_it_is(bars: list[Bar], windows: Windows) -> None:
    bar, drink = bars[0], "<img src=x onerror=alert(1)>"
    menu = bar.owned.ask("config", "GET /admin-config")["menu"]
    bar.owned.ask("config", "PUT /config", {"menu": [{**menu[-1], "drink": drink, "modifiers": []}]})
    guest = windows.guest(bar)
    order(guest, drink, "")
    barista = windows.signed_in(bar, "barista", **TABLET)
    barista.locator(".order h3", has_text=drink).wait_for()
    for page in (guest, barista):
        assert page.locator("[src=x]").count() == 0
    guest.get_by_role("button", name="Cancel the order").click()
    guest.get_by_text("The order was cancelled").wait_for()
    bar.owned.ask("config", "PUT /config", {"menu": menu})


def test_a_guest_cancels_and_orders_again(bars: list[Bar], windows: Windows) -> None:
    guest = windows.guest(bars[0])
    order(guest)
    guest.get_by_role("button", name="Cancel the order").click()
    guest.get_by_text("The order was cancelled").wait_for()
    guest.get_by_role("button", name="Order another drink").click()
    guest.get_by_label("Code").fill("ZZZZZZ")
    guest.get_by_role("button", name="Begin an order").click()
    guest.get_by_text("There is no such code").wait_for()
    guest.get_by_label("Code").fill(bars[0].code.lower())
    guest.get_by_role("button", name="Begin an order").click()
    order(guest, "Espresso", "")


def test_a_guest_orders_where_the_browser_keeps_nothing(bars: list[Bar], windows: Windows) -> None:
    guest = windows.open("about:blank", **PHONE)
    refuse = "get() { throw new DOMException('', 'SecurityError') }"
    guest.add_init_script(f"Object.defineProperty(window, 'localStorage', {{{refuse}}})")
    guest.goto(f"{bars[0].address}#{bars[0].code}")
    order(guest)
    guest.get_by_role("button", name="Cancel the order").click()
    guest.get_by_text("The order was cancelled").wait_for()


def test_a_phone_in_the_local_network_orders_at_the_one_bar_that_is_served_to_it(
    bars: list[Bar], windows: Windows
) -> None:
    here, there = bars
    with lan_proxy.serving(lan_proxy.Served.of(here.owned), "127.0.0.1") as proxy:
        links = here.owned.links.through(proxy)
        guest = windows.open("about:blank", **PHONE)
        # As where a page comes without encryption from another address than this machine's.
        unsafe = "delete Crypto.prototype.randomUUID; delete Navigator.prototype.mediaDevices;"
        guest.add_init_script(unsafe)
        guest.goto(links.guest(here.code))
        number = order(guest)
        barista = windows.open(links.pages["barista"], **TABLET)
        windows.sign_in(barista, here, "barista")
        card(barista, number).get_by_role("button", name="Make").click()
        guest.get_by_text("Your drink is being made").wait_for()
        assert guest.get_by_text("No connection").count() == 0
        place = f"{proxy}{there.owned.links.api.removeprefix(here.owned.access.endpoint or '')}"
        assert (
            guest.request.get(f"{place}/config").status
            == guest.request.get(f"{proxy}/_ministack/health").status
            == 404
        )
        for page in (guest, barista):
            page.context.close()  # before its proxy is gone


CAMERA = """
// Chromium on Linux has no detector. This one knows codes by their dots, and looks for them in the picture.
window.BarcodeDetector = class {
  constructor({ formats }) {
    if (formats.join() !== "qr_code") throw new TypeError("other formats");
  }
  async detect(video) {
    const { videoWidth: width, videoHeight: height } = video;
    const place = new OffscreenCanvas(width, height).getContext("2d");
    place.drawImage(video, 0, 0);
    const { data } = place.getImageData(0, 0, width, height);
    const dark = (column, row) => data[4 * ((row + 0.5) * SCALE * width + (column + 0.5) * SCALE)] < 128;
    const same = (line, row) => [...line].every((dot, column) => (dot === "1") === dark(column, row));
    const seen = ([, dots]) => dots.every(same);
    return CODES.filter(seen).map(([rawValue]) => ({ rawValue }));
  }
};
const track = (stream) => ((window.track = stream.getTracks()[0]), stream);
const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => asked(wanted).then(track);
"""
SCALE = 8  # dots of the camera for one of a code


def dots(text: str) -> list[str]:
    """A QR code's dots with its margin; 1 is dark."""
    import segno

    return [
        "".join(map(str, line)) for line in segno.make(text, micro=False, error="m").matrix_iter(border=4)
    ]


def film_of(text: str, seconds: int) -> bytes:
    """A film of a QR code as a camera takes it, in YUV4MPEG2; the code comes after some seconds of grey."""
    lines, width, height = dots(text), 640, 480
    rows = [b"".join((b"\x10" if dot == "1" else b"\xeb") * SCALE for dot in line) for line in lines]
    picture = b"".join(row[:width].ljust(width, b"\x80") * SCALE for row in rows).ljust(
        width * height, b"\x80"
    )
    colours = b"\x80" * (width * height // 2)
    frames = [b"\x80" * width * height] * seconds + [picture] * 3
    header = f"YUV4MPEG2 W{width} H{height} F1:1 Ip A1:1 C420jpeg\n".encode()
    return header + b"".join(b"FRAME\n" + frame + colours for frame in frames)


def test_a_guest_scans_the_code_of_the_display_with_the_camera(
    bars: list[Bar], windows_with_camera: Windows, film: Path
) -> None:
    links, code = bars[0].owned.links, bars[0].code
    codes = [[text, dots(text)] for text in (links.guest("AAAAAA"), links.guest(code))]
    guest = windows_with_camera.open("about:blank", permissions=["camera"], **PHONE)
    guest.add_init_script(f"{{ const [SCALE, CODES] = {json.dumps([SCALE, codes])};{CAMERA} }}")
    guest.goto(bars[0].address)
    # The code of another time; its guest scans again.
    film.write_bytes(film_of(links.guest("AAAAAA"), seconds=1))
    guest.get_by_role("button", name="Scan with the camera").click()
    guest.get_by_text("There is no such code").wait_for()
    assert guest.evaluate("track.readyState") == "ended"
    film.write_bytes(film_of(links.guest(code), seconds=0))
    guest.get_by_role("button", name="Scan with the camera").click()
    order(guest)
    assert guest.evaluate("track.readyState") == "ended"


def test_a_guest_whose_camera_is_refused_types_the_code(
    bars: list[Bar], windows_with_camera: Windows
) -> None:
    guest = windows_with_camera.open("about:blank", **PHONE)
    guest.add_init_script("window.BarcodeDetector = class {}")
    guest.goto(bars[0].address)
    guest.get_by_role("button", name="Scan with the camera").click()
    guest.get_by_text("The camera cannot be used").wait_for()
    guest.get_by_label("Code").fill(bars[0].code)
    guest.get_by_role("button", name="Begin an order").click()
    order(guest)


def test_an_order_is_in_each_window_of_a_phone_also_while_the_sign_in_is_busy(
    bars: list[Bar], windows: Windows
) -> None:
    guest = windows.open(bars[0].address, **PHONE)
    guest.get_by_label("Code").wait_for()
    second = guest.context.new_page()
    second.goto(bars[0].address)
    second.get_by_label("Code").wait_for()
    second.get_by_text("No connection").wait_for(state="detached")
    guest.get_by_label("Code").fill(bars[0].code)
    guest.get_by_role("button", name="Begin an order").click()
    number = order(second)
    refused = []

    def busy(route: Route) -> None:
        if refused or "InitiateAuth" not in route.request.headers.get("x-amz-target", ""):
            return route.fallback()
        refused.append(route)
        return route.fulfill(status=400, json={"__type": "TooManyRequestsException"})

    guest.route("**/*", busy)
    guest.reload()
    guest.get_by_text(number, exact=True).wait_for()
    assert len(refused) == 1
    second.get_by_role("button", name="Cancel the order").click()
    guest.get_by_text("The order was cancelled").wait_for()


def test_a_page_that_hears_of_an_order_before_it_is_kept_shows_it_when_it_is(
    bars: list[Bar], windows: Windows
) -> None:
    guest, owned = windows.guest(bars[0]), bars[0].owned
    number = order(guest)
    placed = owned.ask("manager", "GET /orders", state="CREATED")
    user = next(each["userId"] for each in placed if each["orderNumber"] == number)
    guest.get_by_role("button", name="Cancel the order").click()
    guest.get_by_text("The order was cancelled").wait_for()
    begins = {"orderId": f"later-{number}", "userId": user, "eventId": owned.tenant, "TaskToken": "none"}
    happened = {"id": f"begins-{number}", "time": "2026-05-01T08:00:00Z", "source": "test", "detail": begins}
    happened |= {"detail-type": "OrderProcessor.WorkflowStarted", "account": "1", "region": "r"}
    with guest.expect_response("**/myOrders"):
        owned.call("publisher", happened)
    assert guest.get_by_text("The order was cancelled").is_visible()
    owned.call("manager", happened)
    guest.get_by_text("Choose a drink").wait_for()


def test_what_a_barista_did_without_a_connection_is_not_sent_as_a_colleagues(
    bars: list[Bar], windows: Windows
) -> None:
    offline = windows.signed_in(bars[0], "barista", **TABLET)
    guest = windows.guest(bars[0])
    number = order(guest)
    card(offline, number).wait_for()
    offline.context.set_offline(True)
    card(offline, number).get_by_role("button", name="Make").click()
    card(offline, number).get_by_role("button", name="Ready").wait_for()
    kept = offline.evaluate("Object.entries(localStorage).filter(([name]) => name.includes('outbox'))")
    assert len(kept) == 1
    tablet = windows.open(f"{bars[0].address}barista", **TABLET)
    tablet.evaluate("kept => kept.forEach(each => localStorage.setItem(...each))", kept)
    for member, button in (("admin", "Make"), ("barista", "Ready")):
        windows.sign_in(tablet, bars[0], member)
        card(tablet, number).get_by_role("button", name=button).wait_for()
        tablet.get_by_role("button", name="Sign out").click()
    guest.get_by_text("Your drink is being made").wait_for()


def test_its_guest_and_the_staff_see_the_story_of_an_order(bars: list[Bar], windows: Windows) -> None:
    guest = windows.guest(bars[0])
    number = order(guest)
    guest.get_by_text("Story of this order").click()
    step(guest, "Drink ordered").get_by_text("Guest", exact=True).wait_for()
    barista = windows.signed_in(bars[0], "barista", **TABLET)
    made = card(barista, number)
    made.get_by_role("button", name="Make").click()
    step(guest, "Being made").get_by_text("Barista", exact=True).wait_for()
    made.get_by_role("button", name="Put back").click()
    step(guest, "Put back").wait_for()
    address = f"{bars[0].address}{made.get_by_role('link', name='Story').get_attribute('href')}"
    identifier = address.rpartition("#")[2]
    bars[0].owned.ask("manager", "PUT /orders/{id}", id=identifier, action="make")
    barista.goto(f"{bars[0].address}journey")
    barista.get_by_label("The order's id").fill(f" {address} ")
    barista.get_by_role("button", name="Show the story").click()
    step(barista, "Being made").get_by_text("You", exact=True).wait_for()
    # The staff see the beginning of a colleague's id; guests see no id.
    step(barista, "Being made").get_by_text("Barista owner", exact=True).wait_for()
    facts = {each.locator("dt").inner_text(): each.locator("dd") for each in barista.locator("dl div").all()}
    assert facts["Order number"].inner_text() == number
    assert facts["Drink"].inner_text() == "Caffe Latte, Oat"
    assert facts["End"].inner_text() == "Still open"
    barista.locator(".story time").nth(6).wait_for()
    step(guest, "Being made").nth(1).wait_for()
    assert "owner" not in guest.locator(".story").inner_text()


def step(page: Page, what: str) -> Any:
    """The step of an order's story with this text."""
    return page.locator(".story li", has_text=what)


def test_a_barista_takes_back_what_is_not_five_seconds_old(bars: list[Bar], windows: Windows) -> None:
    barista = windows.signed_in(bars[0], "barista", **TABLET)
    guest = windows.guest(bars[0])
    made = card(barista, order(guest))
    made.wait_for()
    barista.clock.set_fixed_time(datetime.now(UTC))  # a busy machine may take longer than five seconds
    made.get_by_role("button", name="Cancel").click()
    made.wait_for(state="detached")
    barista.get_by_role("button", name="Undo").click()
    made.get_by_role("button", name="Make").click()
    made.get_by_role("button", name="Put back").click()
    made.get_by_role("button", name="Make").wait_for()
    guest.get_by_text("Your order is in the queue").wait_for()


def test_a_barista_goes_on_without_a_connection_and_sees_nothing_twice_afterwards(
    bars: list[Bar], windows: Windows
) -> None:
    barista = windows.signed_in(bars[0], "barista", **TABLET)
    guests = [windows.guest(bars[0]) for _ in range(2)]
    before, during = order(guests[0]), ""
    made = card(barista, before)
    made.get_by_role("button", name="Make").wait_for()
    barista.context.set_offline(True)
    barista.get_by_text("No connection").wait_for()
    made.get_by_role("button", name="Make").click()
    made.get_by_role("button", name="Ready").wait_for()
    barista.get_by_text("1 not sent yet").wait_for()
    during = order(guests[1])
    assert card(barista, during).count() == 0
    barista.context.set_offline(False)
    guests[0].get_by_text("Your drink is being made").wait_for()
    card(barista, during).wait_for()
    barista.get_by_text("No connection").wait_for(state="detached")
    assert card(barista, during).count() == card(barista, before).count() == 1


def test_a_page_is_in_the_readers_language_or_the_bars_first(bars: list[Bar], windows: Windows) -> None:
    for locale, language, words in (("ja-JP", "ja", "注文する"), ("de-DE", "en", "Order")):
        page = windows.browser.new_context(locale=locale)
        page.set_default_timeout(PATIENCE)
        windows.contexts.append(page)
        guest = page.new_page()
        guest.goto(f"{bars[0].address}#{bars[0].code}")
        guest.get_by_role("button", name=words, exact=True).wait_for()
        assert guest.locator("html").get_attribute("lang") == language


def axe_finds(page: Page, axe: str) -> list[str]:
    """What axe finds wrong with a page."""
    page.evaluate("() => document.getAnimations().forEach(each => each.finish())")
    # The policy of the pages lets no other script in; the browser's own tools are not bound by it.
    page.evaluate(axe)
    found = page.evaluate("axe.run({preload: false}).then(r => r.violations)")
    return [f"{rule['id']}: {json.dumps(node['html'])[:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(bars: list[Bar], windows: Windows, axe: str, scheme: Any) -> None:
    found: dict[str, list[str]] = {}
    guest = windows.open(bars[0].address, color_scheme=scheme, **PHONE)
    guest.get_by_label("Code").wait_for()
    found["code"] = axe_finds(guest, axe)
    guest = windows.guest(bars[0], color_scheme=scheme)
    guest.get_by_role("radio", name="Caffe Latte").check()
    found["menu"] = axe_finds(guest, axe)
    number = order(guest)
    guest.get_by_text("Story of this order").click()
    step(guest, "Drink ordered").wait_for()
    found["order"] = axe_finds(guest, axe)
    page = windows.signed_in(bars[0], "display", color_scheme=scheme, **SCREEN)
    page.locator(".making li").first.wait_for()
    found["display"] = axe_finds(page, axe)
    page = windows.signed_in(bars[0], "admin", color_scheme=scheme, **TABLET)
    page.locator("figure svg text.value").first.wait_for()
    found["admin"] = axe_finds(page, axe)
    page = windows.open(f"{bars[0].address}barista", color_scheme=scheme, **TABLET)
    found["sign-in"] = axe_finds(page, axe)
    page = windows.signed_in(bars[0], "barista", color_scheme=scheme, **TABLET)
    card(page, number).wait_for()
    story = card(page, number).get_by_role("link", name="Story").get_attribute("href")
    now = datetime.now(UTC)
    page.clock.set_fixed_time(now)  # a busy machine may take longer than five seconds
    card(page, number).get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Undo").wait_for()
    found["barista"] = axe_finds(page, axe)
    page.clock.set_fixed_time(now + timedelta(seconds=10))
    guest.get_by_text("The order was cancelled").wait_for()
    found["cancelled"] = axe_finds(guest, axe)
    page.goto(f"{bars[0].address}{story}")
    step(page, "Cancelled").wait_for()
    found["story"] = axe_finds(page, axe)
    assert {name: faults for name, faults in found.items() if faults} == {}
