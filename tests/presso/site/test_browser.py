"""The site in Chromium, from file://: search, keyboard, phone, contrast, copying, pictures.

The browser lives as long as this file's tests: Playwright's event loop would be in the way of others'.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.chromium import launched
from tests.patience import PATIENCE

from presso.catalog.events import Catalog
from presso.catalog.patterns import pattern_for
from presso.hcl.text import attribute
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLACED = "events/OrderManager.WaitingCompletion.html"
KINDS = (
    "index.html",
    PLACED,
    "services/OrderManager.html",
    "extensions/order-metrics.html",
    "flow.html",
    "journey.html",
    "changelog.html",
    "search.html?q=drink",
)
PHONE = {"width": 390, "height": 844}


@dataclass
class Reader:
    """A reader of the site; all errors of the browser are kept."""

    site: Path
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, name: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.site.as_uri()}/{name}")
        return self.page

    def listen(self) -> None:
        """Keep what the browser complains of, and what it asks other hosts for."""
        add, page = self.complaints.append, self.page
        page.on(
            "console", lambda message: add(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: add(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else add(asked.url))
        # A reader who goes on to the next page does not wait for the last one's icon.
        page.on(
            "requestfailed",
            lambda asked: None if asked.failure == "net::ERR_ABORTED" else add(f"failed: {asked.url}"),
        )

    def leave(self) -> list[str]:
        """Forget what the pages have stored; what the browser complained of."""
        if self.page.url.startswith("file:"):
            self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        return self.complaints[:]

    def focused(self) -> str:
        """What has the keyboard: its tag and its words or name."""
        name = "`${e.tagName.toLowerCase()} ${e.innerText || e.name || e.id}`.trim()"
        return str(self.page.evaluate(f"(e => {name})(document.activeElement)"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium with a profile of its own, without a window."""
    with launched(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def readers() -> dict[str, Reader]:
    """Each who reads, by their settings: a window is dear to open, so tests use it one after the other."""
    return {}


@pytest.fixture
def reader(browser: Browser, site: Path, readers: dict[str, Reader]) -> Iterator[Callable[..., Reader]]:
    """`reader(color_scheme="dark")` is a new visitor. None may get to see an error or a foreign host."""
    used: list[Reader] = []

    def read(**settings: Any) -> Reader:
        settings = {"color_scheme": "light", **settings}
        key = json.dumps(settings, sort_keys=True)
        if key not in readers:
            context = browser.new_context(**settings)
            context.set_default_timeout(PATIENCE * 1000)
            readers[key] = Reader(site, context.new_page())
            readers[key].listen()
        readers[key].complaints.clear()
        used.append(readers[key])
        return readers[key]

    yield read
    assert [complaint for found in used for complaint in found.leave()] == []


def names(site: Path) -> list[str]:
    return [str(path.relative_to(site)) for path in sorted(site.rglob("*.html"))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("OrderManager.WaitingCompletion", PLACED, id="by its name"),
        pytest.param("waitingcompletion", PLACED, id="by a part of its name"),
        pytest.param("drinkOrder.drink", f"{PLACED}#field-drinkOrder-drink", id="by a field"),
        pytest.param("orderNumber", f"{PLACED}#field-orderNumber", id="by a field's name"),
        pytest.param("baristas see it", PLACED, id="by its description"),
        pytest.param("counter counted every day", PLACED, id="by a field's description"),
    ],
)
def test_search_finds_an_event(reader: Callable[..., Reader], words: str, found: str) -> None:
    someone = reader()
    page = someone.open("index.html")
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results p.search-summary:not(:empty)")
    page.wait_for_selector("#search-results ul.search > li")
    links = page.eval_on_selector_all("#search-results li > a", "all => all.map(a => a.getAttribute('href'))")
    plain = [re.sub(r"\?[^#]*", "", link) for link in links]
    assert found in plain[:10]
    page.click(f"#search-results li:nth-of-type({plain.index(found) + 1}) > a")
    assert page.inner_text("h1").startswith("OrderManager.WaitingCompletion")


def test_results_show_what_their_pages_are_about(reader: Callable[..., Reader]) -> None:
    page = reader().open("search.html?q=drinkOrder")
    page.wait_for_selector("#search-results li .about")
    assert "An order is placed" in page.inner_text("#search-results li .about >> nth=0")
    assert page.input_value("#find") == "drinkOrder"


def test_a_search_without_results_is_answered(reader: Callable[..., Reader]) -> None:
    page = reader().open("search.html?q=qwertzuiop")
    page.wait_for_function("document.querySelector('.search-summary').innerText.includes('did not match')")


def test_no_page_complains_and_none_is_wider_than_a_phone(reader: Callable[..., Reader], site: Path) -> None:
    someone = reader(viewport=PHONE)
    wide = {}
    for name in [*names(site), "search.html?q=drink"]:
        page = someone.open(name)
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > PHONE["width"]:
            wide[name] = width
    assert wide == {}


def test_a_phone_reaches_every_page_by_its_menu(reader: Callable[..., Reader]) -> None:
    someone = reader(viewport=PHONE, has_touch=True)
    page = someone.open(PLACED)
    menu = page.get_by_role("button", name="Pages")
    menu.tap()
    assert menu.get_attribute("aria-expanded") == "true"
    page.get_by_role("link", name="NewOrder", exact=True).tap()
    assert page.inner_text("h1").startswith("Validator.NewOrder")


class TestByKeyboard:
    def test_the_first_stop_skips_to_the_content(self, reader: Callable[..., Reader]) -> None:
        someone = reader()
        page = someone.open(PLACED)
        page.keyboard.press("Tab")
        assert someone.focused() == "a Skip to content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('#furo-main-content')")

    def test_every_stop_is_seen_and_has_a_name(self, reader: Callable[..., Reader]) -> None:
        someone = reader()
        page = someone.open(PLACED)
        stops = []
        for _ in range(120):
            page.keyboard.press("Tab")
            reported = page.evaluate(
                """(e => e === document.body ? null : [
                    (e.getAttribute('aria-label') || e.innerText || e.textContent || e.id || '').trim(),
                    e.getClientRects().length > 0])(document.activeElement)"""
            )
            if reported is None:
                break
            stops.append(reported)
        assert len(stops) > 40
        assert [name for name, seen in stops if not name or not seen] == []
        assert "Copy" in [name for name, _ in stops]

    def test_menus_open_and_close_on_a_phone(self, reader: Callable[..., Reader]) -> None:
        page = reader(viewport=PHONE).open(PLACED)
        menu = page.get_by_role("button", name="Pages")
        menu.focus()
        page.keyboard.press("Enter")
        assert menu.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Escape")
        assert menu.get_attribute("aria-expanded") == "false"

    def test_tabs_are_chosen_by_arrows(self, reader: Callable[..., Reader]) -> None:
        page = reader().open(PLACED)
        page.locator(".sd-tab-set > input").first.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("text=event-queue").first.is_visible()

    def test_what_scrolls_can_be_scrolled(self, reader: Callable[..., Reader]) -> None:
        page = reader(viewport=PHONE).open("flow.html")
        box = page.locator(".picture .wide")
        assert box.get_attribute("tabindex") == "0"
        box.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.querySelector('.picture .wide').scrollLeft > 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(reader: Callable[..., Reader], axe: str, name: str, scheme: str) -> None:
    page = reader(color_scheme=scheme).open(name)
    if name.startswith("search"):
        page.wait_for_selector("#search-results li .about")
    page.evaluate(axe)
    found = page.evaluate("axe.run({preload: false}).then(r => r.violations)")
    assert [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ] == []


def copied(page: Page, button: str, tab: str = "") -> str:
    """What a copy button puts on the clipboard, as who pastes it gets it; the tab is chosen before."""
    if tab:
        page.locator(f".sd-tab-set > label:text-is('{tab}')").first.click()
        button = f".sd-tab-set > label:text-is('{tab}') + .sd-tab-content {button}"
    page.locator(button).first.click()
    page.fill("#paste", "")
    page.focus("#paste")
    page.keyboard.press("ControlOrMeta+v")
    return page.input_value("#paste")


def test_copy_buttons_copy_the_code_beside_them(reader: Callable[..., Reader], checkout: Path) -> None:
    event = Catalog.load(Workspace(checkout, checkout)).find("OrderManager.WaitingCompletion")
    pattern = pattern_for(event, ())
    page = reader().open(PLACED)
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    assert copied(page, ".copybtn", "Pattern").strip() == attribute("pattern", pattern)
    assert json.loads(copied(page, ".copybtn", "JSON")) == pattern
    assert json.loads(copied(page, ".copybtn", "detail")) == event.examples[0].detail
    assert json.loads(copied(page, ".copybtn", "the whole event")) == event.samples()[0]
    python = copied(page, "#in-code .highlight-python .copybtn")
    assert "class OrderManagerWaitingCompletion" in python
    compile(python, "copied", "exec")


OUTSIDE = """() => [...document.querySelectorAll('.presso-picture g, .presso-picture a')].flatMap(group => {
    const box = group.querySelector('rect'), texts = [...group.querySelectorAll('text')];
    if (!box) return [];
    const b = box.getBoundingClientRect();
    return texts.filter(text => {
        const t = text.getBoundingClientRect();
        return t.left < b.left || t.right > b.right || t.top < b.top - 1 || t.bottom > b.bottom + 1;
    }).map(text => text.textContent);
})"""


@pytest.mark.parametrize("font", ["system-ui", "DejaVu Sans", "monospace"])
def test_no_text_of_a_picture_leaves_its_box(reader: Callable[..., Reader], site: Path, font: str) -> None:
    someone = reader()
    seen = 0
    for name in ("flow.html", PLACED, "extensions/order-metrics.html", "journey.html"):
        page = someone.open(name)
        if font != "monospace":
            page.add_style_tag(content=f".presso-picture text {{ font-family: '{font}' !important; }}")
        seen += page.locator(".presso-picture text").count()
        assert page.evaluate(OUTSIDE) == [], name
    assert seen > 60


def test_pictures_follow_the_readers_choice_of_light_and_dark(reader: Callable[..., Reader]) -> None:
    page = reader(color_scheme="light").open("flow.html")
    colour = "getComputedStyle(document.querySelector('.presso-picture .event')).fill"
    light = page.evaluate(colour)
    seen = {light}
    for _ in range(3):  # light, dark, as the system has it
        page.locator("button.theme-toggle:visible").click()
        seen.add(page.evaluate(colour))
    assert len(seen) == 2


def test_a_picture_by_itself_is_dark_where_the_reader_prefers_it(
    reader: Callable[..., Reader], site: Path, tmp_path: Path, checkout: Path
) -> None:
    from presso.catalog.catalog_view import CatalogView
    from presso.catalog.graphs import flow
    from presso.catalog.pictures.flow import svg
    from presso.catalog.rules import Rules

    workspace = Workspace(checkout, tmp_path)
    file = tmp_path / "flow.svg"
    file.write_text(svg(flow(CatalogView(Catalog.load(workspace), Rules.load(workspace)))))
    colours = set()
    for scheme in ("light", "dark"):
        page = reader(color_scheme=scheme).page
        page.goto(file.as_uri())
        colours.add(page.evaluate("getComputedStyle(document.querySelector('.event')).fill"))
    assert len(colours) == 2


def test_every_box_of_a_flow_leads_to_its_page(reader: Callable[..., Reader]) -> None:
    page = reader().open("flow.html")
    page.locator(".presso-picture a", has_text="OrderManager.WaitingCompletion").first.click()
    assert page.url.endswith(PLACED)
