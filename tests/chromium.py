"""The system's Chromium, for tests in a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Debian's package of Chromium without windows and camera: pages do the same in it at half the cost.
_HEADLESS = "chromium-headless-shell"
# What keeps it from sending requests of its own.
_ALONE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "No Chromium: nothing was tested in a browser. Install it (Debian: apt install chromium; "
    "macOS: brew install --cask google-chrome) or name one: CHROMIUM=/path/to/chromium"
)


def find_chromium(*, whole: bool = False) -> str | None:
    """Return where Chromium is; None without one.

    Args:
        whole: Not the headless shell.
    """
    names = _NAMES if whole else (_HEADLESS, *_NAMES)
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *names))), None)


@contextmanager
def launched(executable: str, *more: str) -> Iterator[Browser]:
    """Chromium with a profile of its own, without a window.

    Args:
        executable: Where it is.
        more: Further arguments.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, beside(driver.chromium, executable, *more) as started:
        yield started


@contextmanager
def beside(kind: BrowserType, executable: str, *more: str) -> Iterator[Browser]:
    """The same, beside another browser of this process.

    Args:
        kind: The other's `browser_type`.
        executable: Where it is.
        more: Further arguments.
    """
    started = kind.launch(executable_path=executable, args=[*_ALONE, *more], timeout=PATIENCE * 1000)
    yield started
    started.close()
