"""The system's Chromium, for tests in a browser."""

import os
import shutil

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# What keeps it from sending requests of its own.
ALONE = (
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


def find_chromium() -> str | None:
    """Return where Chromium is; None without one."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *_NAMES))), None)
