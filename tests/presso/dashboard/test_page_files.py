"""The page's files: what is not ours is what npm's lock pins."""

from pathlib import Path

import pytest

from presso.dashboard.page_files import page_files
from presso.packages.bar_pages import Pages
from presso.workspace import Workspace


def test_all_files_but_the_licence_are_served() -> None:
    served = page_files()
    assert {
        "index.html",
        "app.js",
        "preact.js",
        "dashboard.css",
        "colours.css",
        "favicon.svg",
    } <= served.keys()
    assert [name for name in served if not name.endswith((".css", ".html", ".js", ".svg"))] == []


@pytest.mark.slow
def test_preact_is_the_one_of_the_coffee_bars_pages(checkout: Path) -> None:
    installed = Pages(Workspace(checkout, checkout / ".presso")).installed() / "preact"
    static = checkout / "scripts" / "presso" / "dashboard" / "static"
    assert (static / "preact.js").read_bytes() == (installed / "dist" / "preact.mjs").read_bytes()
    assert (static / "preact-license.txt").read_bytes() == (installed / "LICENSE").read_bytes()
