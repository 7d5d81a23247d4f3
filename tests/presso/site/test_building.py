"""The site as files: whole, the same each time, right about its links, and built at once or not at all."""

import json
import re
import subprocess
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag

import pytest
import yaml
from typer.testing import CliRunner

from presso.catalog.events import Catalog
from presso.cli import app
from presso.errors import PressoError, UsageError
from presso.site import building
from presso.site.building import build
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

PLACED = "events/OrderManager.WaitingCompletion.html"


class Links(HTMLParser):
    """What a page refers to, the places that it has, and what it fetches by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag in ("link", "script", "img", "iframe", "source") and (found.get("href") or found.get("src")):
            self.fetched.append(found.get("href") or found["src"])


def pages(site: Path) -> dict[Path, Links]:
    return {path: Links(path) for path in sorted(site.rglob("*.html"))}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_link_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    found = pages(site)
    broken = []
    for page, links in found.items():
        for link in [*links.links, *links.fetched]:
            if re.match(r"[a-z]+:", link):
                continue
            target, place = urldefrag(unquote(link).partition("?")[0])
            file = (page.parent / target).resolve() if target else page
            if not file.is_file() or (place and file in found and place not in found[file].ids):
                broken.append(f"{page.name}: {link}")
    assert not broken
    assert sum(len(links.links) for links in found.values()) > 500


def test_nothing_is_fetched_from_elsewhere_nor_by_an_absolute_path(site: Path) -> None:
    for page, links in pages(site).items():
        assert not [link for link in links.fetched if re.match(r"[a-z]+:|/", link)], page
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", text), style


def test_no_page_has_two_places_of_one_name(site: Path) -> None:
    for page, links in pages(site).items():
        assert len(links.ids) == len(set(links.ids)), page


def test_every_event_field_and_extension_has_its_place(site: Path, checkout: Path) -> None:
    catalog = Catalog.load(Workspace(checkout, site / "none"))
    for event in catalog.events:
        text = (site / "events" / f"{event.name}.html").read_text(encoding="utf-8")
        assert text.count('<tr id="field-') == len(event.fields)
        assert escape(event.summary.partition("`")[0]) in text
    for path in (checkout / "extensions").glob("*/extension.yaml"):
        assert (site / "extensions" / f"{path.parent.name}.html").is_file()


def test_an_events_page_lists_who_reads_a_field_and_where(site: Path) -> None:
    text = (site / PLACED).read_text(encoding="utf-8")
    row = text[text.index('id="field-drinkOrder-drink"') :].partition("</tr>")[0]
    assert "order-metrics.html" in row
    assert re.search(r"order\.<wbr>py:<wbr>\d+", row)


def test_the_same_checkout_gives_the_same_site(site: Path, checkout: Path, tmp_path: Path) -> None:
    build(Workspace(checkout, tmp_path / "home"), tmp_path / "out")
    again, before = tree(tmp_path / "out"), tree(site)
    assert [name for name in {**again, **before} if again.get(name) != before.get(name)] == []
    assert not [name for name, text in again.items() if str(tmp_path).encode() in text]


def test_no_path_of_this_machine_is_in_it(site: Path, checkout: Path) -> None:
    assert not [name for name, text in tree(site).items() if str(checkout).encode() in text]


@pytest.fixture
def ordered(bench: "Bench") -> dict[str, Any]:
    """The small checkout's event, for changing."""
    text = (bench.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


TIMES = """
module "ordered" {
  source  = "../../modules/event-queue"
  name    = "ordered"
  pattern = { source = ["awsserverlessda.serverlesspresso"], detail-type = ["Bar.Ordered"] }
}
module "mean" {
  source = "../../modules/event-function"
  name   = "mean"
  queue  = { arn = module.ordered.arn }
}
resource "aws_dynamodb_table" "default" {}
"""
DESCRIBED = f"""
title: "Waiting *times* & <more>"
summary: How long |it| takes.
description: "{"Some *words* of `it`. " * 80}"
author: {{name: A <b> & co_, bio: "Makes `things_`.", links: ["https://example.com/a_"]}}
language: Python
framework: Terraform
resources: ["https://example.com/b_"]
consumes: [Bar.Ordered]
emits: [{{detail-type: Times.Mean, schema: {{type: object, examples: [{{}}]}}}}]
"""


class TestASmallCheckout:
    def test_an_extension_has_its_page_with_its_metadata_and_what_it_does(
        self, bench: "Bench", tmp_path: Path
    ) -> None:
        bench.extension("times", TIMES, more=DESCRIBED)
        bench.write("tenants/nyc/tenant.yaml", "name: nyc\ntitle: New York\nextensions: [times]\n")
        build(bench.workspace, tmp_path / "out")
        text = (tmp_path / "out" / "extensions" / "times.html").read_text(encoding="utf-8")
        plain = re.sub(r"<wbr>|\s+", " ", text)
        for said in (
            "How long |it| takes.",
            "Waiting *times* &amp; &lt;more&gt;",
            "A &lt;b&gt; &amp; co_. Makes `things_`.",
            '<a class="external" href="https://example.com/b_">',
            "Some *words* of",
            "<dd>nyc</dd>",
            "building block event-queue",
            "dynamodb table",
            "The function mean of times emits Times.Mean.",
            "back onto the bus",
        ):
            assert said in plain, said
        assert "events/Times.Mean.html" in text
        event = (tmp_path / "out" / "events" / "Bar.Ordered.html").read_text(encoding="utf-8")
        assert "../extensions/times.html" in event

    def test_without_git_there_is_no_history_and_all_else(self, bench: "Bench", tmp_path: Path) -> None:
        build(bench.workspace, tmp_path / "out")
        text = (tmp_path / "out" / "changelog.html").read_text(encoding="utf-8")
        assert "built outside of a git repository" in text
        assert "1.0.0" in text
        assert (tmp_path / "out" / "events" / "Bar.Ordered.html").is_file()

    def test_text_stays_text(self, bench: "Bench", tmp_path: Path, ordered: dict[str, Any]) -> None:
        odd = "<script>alert(1)</script> *a* |b| `c` \\d ``e_ .. note:: &amp; {{ f }} :ref:`g`"
        detail = ordered["detail"]
        detail["properties"]["drink"]["description"] = odd
        bench.event(
            {
                **ordered,
                "summary": odd,
                "when": odd,
                "title": odd,
                "examples": [{"title": odd, "detail": {**ordered["examples"][0]["detail"], "drink": odd}}],
            }
        )
        build(bench.workspace, tmp_path / "out")
        for page in ("events/Bar.Ordered.html", "index.html"):
            text = (tmp_path / "out" / page).read_text(encoding="utf-8")
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)&lt;/script&gt; *a* |b|" in text
            assert "{{ f }}" in text

    def test_the_history_is_that_of_git(self, bench: "Bench", ordered: dict[str, Any]) -> None:
        from presso.site.catalog_history import catalog_commits

        def commit(subject: str) -> None:
            identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
            for words in (["add", "-A"], [*identity, "commit", "-qm", subject]):
                subprocess.run(["git", "-C", bench.workspace.root, *words], check=True, capture_output=True)

        subprocess.run(["git", "init", "-q", bench.workspace.root], check=True)
        commit("Order")
        bench.write("README.md", "Nothing of the catalog.\n")
        commit("Write something else")
        del ordered["detail"]["properties"]["drink"]
        ordered["detail"]["required"] = ["orderId"]
        bench.event(ordered)
        commit("Take the drink away")
        ordered["deprecated"] = "No longer ordered."
        bench.event(ordered)
        for _ in range(2):  # and once more from what is kept
            found = catalog_commits(bench.workspace, bench.catalog)
            assert [entry.subject for entry in found] == ["Not committed yet", "Take the drink away", "Order"]
            assert found[0].changes[0].message == "is deprecated: No longer ordered."
            assert found[1].changes[0].breaks == ("consumers",)
            assert found[1].changes[0].path == "drink"
            assert str(found[2].changes[0]) == "Bar.Ordered: is new"

    def test_a_site_stays_until_the_next_is_whole(
        self, bench: "Bench", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out"
        build(bench.workspace, out)
        before = tree(out)
        bench.write("modules/event-catalog/events/Bar.Broken.yaml", "detail-type: Bar.Broken\n")
        with pytest.raises(UsageError, match=r"Bar\.Broken"):
            build(bench.workspace, out)
        (bench.workspace.root / "modules/event-catalog/events/Bar.Broken.yaml").unlink()
        monkeypatch.setattr(building, "_write_pages", lambda *_: (_ for _ in ()).throw(OSError(28, "Full")))
        with pytest.raises(PressoError, match=r"cannot be written to .*: Full"):
            build(bench.workspace, out)
        assert tree(out) == before
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "out"))] == ["out"]

    def test_sphinxs_warnings_are_reported(
        self, bench: "Bench", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            building, "pages", lambda _: [building.Page("index", "A\n=\n\n:ref:`none`\n", "")]
        )
        with pytest.raises(PressoError, match=r"index\.rst:4: WARNING: undefined label"):
            build(bench.workspace, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("what", ["a file", "a folder of others"])
    def test_what_is_not_a_site_is_not_replaced(self, bench: "Bench", tmp_path: Path, what: str) -> None:
        out = tmp_path / "out"
        mine = out if what == "a file" else out / "letter.txt"
        mine.parent.mkdir(exist_ok=True)
        mine.write_text("mine")
        with pytest.raises(
            UsageError, match="is a file" if what == "a file" else "is not a site built by presso"
        ):
            build(bench.workspace, out)
        assert mine.read_text() == "mine"


def test_without_its_packages_the_error_shows_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("presso.commands.catalog_site.find_spec", lambda _: None)
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "catalog", "site"])
    assert done.exit_code == 1
    assert "./presso catalog site" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_result_is_printed_in_json(
    bench: "Bench", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSO_ROOT", str(bench.workspace.root))
    out = tmp_path / "public"
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "catalog", "site", "--out", str(out), "--json"])
    assert json.loads(done.stdout) == {"site": str(out), "index": str(out / "index.html"), "pages": 6}
    assert (out / "index.html").is_file()
