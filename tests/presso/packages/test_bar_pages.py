"""The coffee bar's pages: what they are built from, what becomes of it, and what fails their build."""

import gzip
import json
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from presso.catalog.bindings import generate
from presso.catalog.events import Catalog
from presso.errors import PressoError
from presso.node import NodeJs
from presso.packages.bar_pages import Pages
from presso.packages.npm import NpmLock
from presso.packages.platforms import Platform
from presso.workspace import Workspace

SOURCES = "modules/core/pages"
LARGEST = 100_000  # bytes of a page with all that it loads at once, compressed


@pytest.fixture
def copy(checkout: Path, tmp_path: Path) -> Path:
    """A checkout of a test's own, with what npm has installed for the real one."""
    left_out = shutil.ignore_patterns("node_modules", "dist", "events")
    shutil.copytree(checkout / "modules/core", tmp_path / "modules/core", ignore=left_out)
    installed = checkout / ".presso/packages/for-pages"
    installed.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".presso/packages").mkdir(parents=True)
    (tmp_path / ".presso/packages/for-pages").symlink_to(installed)
    return tmp_path


@pytest.fixture
def pages(copy: Path) -> Pages:
    """The pages of that checkout."""
    return Pages(Workspace(copy, copy / ".presso"))


@pytest.mark.parametrize(
    "file", [f"{SOURCES}/src/guest.tsx", f"{SOURCES}/package-lock.json", "modules/core/functions/headers.py"]
)
def test_a_changed_source_is_another_build(copy: Path, pages: Pages, file: str) -> None:
    before = pages.folder
    with (copy / file).open("a") as source:
        source.write("\n")
    assert pages.folder != before


@pytest.mark.parametrize("file", ["main.tf", "node_modules/vite/package.json", "dist/index.html"])
def test_other_files_change_nothing(copy: Path, pages: Pages, file: str) -> None:
    before = pages.folder
    path = copy / SOURCES / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("another")
    assert pages.folder == before


@pytest.mark.slow
def test_pages_are_built_once_and_are_the_same_bytes_wherever_they_are_built(
    checkout: Path, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Pages(Workspace(checkout, checkout / ".presso")).build()
    own = pages.build()
    found = [
        {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (real, own)
    ]
    assert found[0] == found[1]
    assert {"pages.py", "headers.py", "site/index.html"} <= found[0].keys()
    monkeypatch.setattr("presso.packages.programs.run", lambda *_: pytest.fail("built again"))
    assert pages.build() == own


@pytest.mark.slow
def test_each_page_with_all_that_it_loads_is_small(checkout: Path) -> None:
    site = Pages(Workspace(checkout, checkout / ".presso")).build() / "site"
    sizes = {}
    for page in site.glob("*.html"):
        text = page.read_text()
        loaded = [page, *(site / name for name in re.findall(r'(?:src|href)="\./(assets/[^"]+)"', text))]
        assert {path.suffix for path in loaded} >= {".html", ".js", ".css"}
        sizes[page.name] = sum(len(gzip.compress(path.read_bytes())) for path in loaded)
    assert "index.html" in sizes
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


ENGLISH = {"bar.title": "Bar {tenant}", "guest.order": "Order"}
USED = 'words("bar.title", { tenant }) + words("guest.order")'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("english", "german", "faults"),
    [
        pytest.param(ENGLISH, ENGLISH, [], id="as it should be"),
        pytest.param(ENGLISH, {"bar.title": "{tenant}"}, ["de.json: guest.order is missing"], id="missing"),
        pytest.param(ENGLISH, {**ENGLISH, "x": "x"}, ["de.json: x is superfluous"], id="in one language"),
        pytest.param(
            {**ENGLISH, "x": "x"}, {**ENGLISH, "x": "x"}, ["en.json: x is in no page"], id="on no page"
        ),
        pytest.param(
            ENGLISH,
            {**ENGLISH, "bar.title": "Bar"},
            ["de.json: bar.title has other values than in en.json"],
            id="without its value",
        ),
    ],
)
def test_messages_are_the_same_in_each_language_and_all_are_shown(
    checkout: Path,
    tmp_path: Path,
    node: NodeJs,
    english: dict[str, str],
    german: dict[str, str],
    faults: list[str],
) -> None:
    script = tmp_path / "faults.mjs"
    texts = json.dumps({"en.json": english, "de.json": german})
    script.write_text(
        f"import {{ faults }} from {json.dumps(str(checkout / SOURCES / 'messages.js'))};\n"
        f"console.log(JSON.stringify(faults({texts}, [{json.dumps(USED)}])));"
    )
    assert json.loads(node.run(script).stdout) == faults


def test_packages_that_two_need_at_once_are_installed_once(
    copy: Path, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / ".presso/packages/for-pages").unlink()
    calls = []

    def install(lock: NpmLock, platform: Platform, folder: Path, add: object) -> list[object]:
        calls.append(folder)
        both.wait()
        (folder / "node_modules/vite").mkdir(parents=True)
        return []

    both = threading.Barrier(2)
    monkeypatch.setattr(NpmLock, "install", install)
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(pages.installed) for _ in range(2)]
        both.wait(60)
        assert {each.result().name for each in found} == {"node_modules"}
    assert len(calls) == 1


@pytest.mark.slow
def test_a_missing_message_fails_the_build(copy: Path, pages: Pages) -> None:
    path = copy / SOURCES / "src/messages/ja.json"
    texts = json.loads(path.read_text())
    del texts["guest.order"]
    path.write_text(json.dumps(texts))
    with pytest.raises(PressoError, match=r"ja\.json: guest\.order is missing"):
        pages.build()
    assert not pages.folder.exists()


@pytest.mark.slow
def test_the_own_tests_of_the_pages_modules_pass(
    checkout: Path, pages: Pages, node: NodeJs, tmp_path: Path
) -> None:
    tests = checkout / "tests/modules/core/pages"
    done = node.run(tests / "run.mjs", checkout / SOURCES / "src", pages.installed(), tmp_path / "bundled")
    failed = [line for line in done.stdout.splitlines() if line.startswith("✖")]
    assert (done.returncode, failed, done.stderr) == (0, [], ""), done.stdout
    assert done.stdout.count("✔") > len(list(tests.glob("*.test.mjs")))


@pytest.mark.slow
def test_the_types_of_the_pages_agree_with_those_of_the_catalogs_events(
    checkout: Path, copy: Path, pages: Pages, node: NodeJs
) -> None:
    top = copy / SOURCES
    texts = [path.read_text() for path in top.glob("src/*.ts*")]
    imported = {name for text in texts for name in re.findall(r'"\./events/(\w+)"', text)}
    catalog = Catalog.load(Workspace(checkout, copy / ".presso"))
    names = {re.sub(r"\.(.)", lambda part: part[1].upper(), event.name): event for event in catalog.events}
    assert imported <= names.keys()
    (top / "src/events").mkdir()
    made = generate(catalog, [names[name].name for name in sorted(imported)], "typescript")
    for name, text in made.items():
        (top / "src/events" / name).write_text(text)
    (top / "node_modules").symlink_to(pages.installed())
    done = node.run(node.tool("tsc"), "--project", top)
    assert (done.returncode, done.stdout) == (0, "")
