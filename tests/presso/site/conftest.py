"""The real checkout's site, built once for all test processes; and the way to a browser."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from presso.site.building import build
from presso.workspace import Workspace


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
