"""What changed in the schemas, commit by commit, where the checkout is a git repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from presso import atomic, regular_file
from presso.catalog.changes import Change, catalog_changes
from presso.catalog.events import FOLDER, OWN_FOLDER, Catalog
from presso.catalog.impact import catalog_at
from presso.errors import UsageError
from presso.workspace import Workspace

MOST = 30
_PATHS = (
    f"{FOLDER.as_posix()}/",
    f"{OWN_FOLDER.as_posix()}/",
    ":(glob)extensions/**/*.yaml",
    ":(glob)extensions/**/*.json",
)


@dataclass(frozen=True)
class CatalogCommit:
    """A commit that changed the events' schemas.

    Args:
        commit: Its short hash; "" for what is not committed yet.
        date: Its day, as 2026-11-24.
        subject: Its first line.
        changes: What changed, the breaking first.
    """

    commit: str
    date: str
    subject: str
    changes: tuple[Change, ...]


def catalog_commits(workspace: Workspace, now: Catalog) -> list[CatalogCommit]:
    """The changes of the catalog, the newest first, of the last `MOST` commits that touched it.

    Empty without git, or where the checkout is not a repository's top. Comparisons of commits are kept under
    the home, since they never change.
    """
    if not shutil.which("git") or _git(workspace, "rev-parse", "--show-toplevel") != str(workspace.root):
        return []
    commits = list(_commits(workspace))
    kept = _Kept(workspace)
    found = [_pending(workspace, now)] if commits else []
    for (commit, date, subject), (before, *_) in zip(commits, [*commits[1:], ("", "", "")], strict=True):
        if not before and (len(commits) > MOST or _shallow(workspace)):
            break  # earlier commits are not shown
        changes = kept.changes(before, commit)
        if changes:
            found.append(CatalogCommit(commit[:7], date, subject, tuple(changes)))
    kept.save()
    return [entry for entry in found if entry.changes]


def _commits(workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    """Hash, day and first line of the commits of the main line that touched the catalog, the newest first."""
    form = "--format=%H%x09%cs%x09%s"
    commits = _git(workspace, "log", "--first-parent", f"-{MOST + 1}", form, "HEAD", "--", *_PATHS)
    for line in commits.splitlines():
        commit, date, subject = line.split("\t", 2)
        yield commit, date, subject


def _pending(workspace: Workspace, now: Catalog) -> CatalogCommit:
    """What the checkout changes that no commit has."""
    before = _at(workspace, "HEAD")
    changes = _sorted(catalog_changes(before, now)) if before is not None else []
    return CatalogCommit("", "", "Not committed yet", tuple(changes))


def _shallow(workspace: Workspace) -> bool:
    return _git(workspace, "rev-parse", "--is-shallow-repository") == "true"


def _at(workspace: Workspace, commit: str) -> Catalog | None:
    """The catalog at a commit; none before the first, and None where today's presso cannot read it."""
    try:
        return catalog_at(workspace, commit) if commit else Catalog((), {})
    except UsageError:
        return None


def _sorted(changes: Iterator[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: not change.breaks)


def _git(workspace: Workspace, *arguments: str) -> str:
    command = ["git", "-C", str(workspace.root), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


class _Kept:
    """Changes from one commit to another, kept in a file of the home."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path: Path = workspace.home / "catalog" / "history.json"
        self.catalogs: dict[str, Catalog | None] = {}
        self.fresh = False
        try:
            kept = json.loads(regular_file.text(self.path))
        except (OSError, ValueError, RecursionError):
            kept = None
        self.known = kept if isinstance(kept, dict) else {}

    def changes(self, before: str, after: str) -> list[Change]:
        """What changed between two commits; nothing where one of them cannot be read."""
        key = f"{before}..{after}"
        if key not in self.known:
            self.fresh = True
            old, new = self._catalog(before), self._catalog(after)
            found = _sorted(catalog_changes(old, new)) if old is not None and new is not None else []
            self.known[key] = [[c.name, c.path, c.message, list(c.breaks)] for c in found]
        return [Change(name, path, text, tuple(breaks)) for name, path, text, breaks in self.known[key]]

    def _catalog(self, commit: str) -> Catalog | None:
        if commit not in self.catalogs:
            self.catalogs[commit] = _at(self.workspace, commit)
        return self.catalogs[commit]

    def save(self) -> None:
        """Keep what is new. A home that cannot be written only costs time."""
        if not self.fresh:
            return
        try:
            atomic.write(self.path, json.dumps(self.known))
        except OSError:
            return
