"""The real checkout's site, built once for all test processes; and the way to a browser."""

import fcntl
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from presso.site.building import build
from presso.workspace import Workspace

_CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@pytest.fixture(scope="session")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the real checkout's site. No test may change it: every test process has the same."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "site"
    shared.mkdir(exist_ok=True)
    with _alone(shared / "lock"):
        if not (shared / "out").exists():
            build(Workspace(checkout, shared / "home"), shared / "out")
    return shared / "out"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium. Without one: a failure in CI, elsewhere a skip and a warning with what to do."""
    chosen = os.environ.get("CHROMIUM", "")
    for name in (chosen, *_CHROMIUMS):
        if found := shutil.which(name):
            return found
    how = (
        "No Chromium: the site was not tested in a browser. Install it (Debian: apt install chromium; "
        "macOS: brew install --cask google-chrome) or name one: CHROMIUM=/path/to/chromium"
    )
    if os.environ.get("CI"):
        pytest.fail(how)
    warnings.warn(how, stacklevel=1)
    pytest.skip(how)
