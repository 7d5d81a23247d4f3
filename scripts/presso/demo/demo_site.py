"""Where a demo runs: a home of its own, tenants of its own, and Terraform on them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from presso import file_lock, terminal
from presso.deployment import runs, unit_selection
from presso.deployment.outcome import Action
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.errors import PressoError
from presso.local_aws import LocalAws
from presso.presenters.units import explained
from presso.workspace import Workspace


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the folder that the demo's home is in: no second demo clears it away meanwhile.

    Raises:
        PressoError: Another demo is running in this checkout, or the folder cannot be made.
    """
    with reported(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(home.parent, os.O_RDONLY)
    try:
        if not file_lock.take(lock):
            raise PressoError(
                "A demo is running in this checkout already.", hint="Wait for its end, or press Ctrl-C there."
            )
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def reported(home: Path) -> Iterator[None]:
    """Print an error that a file of the demo cannot be created."""
    try:
        yield
    except OSError as error:
        raise PressoError(
            f"The demo cannot keep its files in {home}: {error.strerror}.",
            hint="Make that folder writable, or choose another: presso demo --home <folder>",
        ) from error


@contextlib.contextmanager
def cleared(home: Path, *, keep: bool) -> Iterator[None]:
    """Remove what an earlier demo has left, and what this one does, unless it is kept and gets to its end."""
    _clear(home)
    try:
        yield
    except BaseException:
        _clear(home)
        raise
    if not keep:
        _clear(home)


def _clear(home: Path) -> None:
    """Remove all that a demo has left: this one, one that was kept, or one that died."""
    LocalAws(home / "local").stop()
    shutil.rmtree(home, ignore_errors=True)


def declare(home: Path, texts: Mapping[str, str]) -> Path:
    """Write the demo's tenants, from the text of each one's file, and return their folder."""
    folder = home / "tenants"
    for name, text in texts.items():
        with reported(home):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / "tenant.yaml").write_text(text, encoding="utf-8")
    return folder


def change(
    workspace: Workspace, action: Action, patterns: Sequence[str], *, with_extensions: bool = False
) -> int:
    """Run Terraform on units; the number of resources made, changed or removed.

    Raises:
        PressoError: A unit failed; Terraform's own words are on the terminal by then.
    """
    selection = unit_selection.select(workspace, action, patterns, with_extensions=with_extensions)
    environments = Environments.under(workspace, selection.targets())
    outcomes = runs.Runs(workspace, selection, action, environments.of, Silent()).execute()
    bad = [outcome for outcome in outcomes if outcome.bad]
    for outcome in bad:
        for text in explained(outcome):
            terminal.say(text)
    if bad:
        raise environments.gone() or PressoError(
            f"The demo ends here: {action} of {bad[0].unit} {bad[0].result}."
        )
    return sum(outcome.changes.total for outcome in outcomes)
