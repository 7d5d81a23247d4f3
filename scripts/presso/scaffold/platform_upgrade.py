"""A platform brought to another version of presso: what that version brings, merged into the team's files.

Of the modules and the scaffold, `presso.lock` has git's ids: git has the contents that the team has changed
since. The other files are in `.presso-written` as they were written. `git merge-file` puts what differs in
this version into the files as they are now.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from presso import atomic, platform_settings
from presso.errors import PressoError, UsageError
from presso.folders import contents, files_below
from presso.scaffold import new_platform, updating
from presso.scaffold.new_platform import LOCK, MARK, WRITTEN, blob_id
from presso.scaffold.staging import workshop
from presso.workspace import Workspace


def upgrade(workspace: Workspace) -> tuple[str, updating.Merge]:
    """Merge what this version of presso brings into a platform; return the version before, and the changes.

    Raises:
        UsageError: `presso init` did not create the platform, or its records are wrong.
        PressoError: git cannot merge, or a file cannot be written.
    """
    root = workspace.root
    if not (root / MARK).is_file():
        raise UsageError(f"{root} has no {MARK}: presso init did not create it.")
    settings, before = platform_settings.load(workspace), new_platform.locked(root)
    with workshop(workspace) as place:
        own, old, new = (place / name for name in ("own", "old", "new"))
        new_platform.write(new, settings)
        for part in new_platform.TEAMS:
            shutil.rmtree(new / part, ignore_errors=True)
        for name in {*before, *_names(new), *_names(root / WRITTEN)}:
            _copy(root, name, own, old, before.get(name, ""))
        merged = updating.merge(own, old, new, place / "merged")
        for name in sorted({*merged.changed, *merged.conflicts}, key=_order):
            _put(place / "merged" / name, root / name)
    merged.changed = [name for name in merged.changed if not _is_record(name)]
    return settings.presso, merged


def _names(top: Path) -> list[str]:
    return [path.relative_to(top).as_posix() for path in files_below(top)]


def _is_record(name: str) -> bool:
    """Return whether the file only records what was written."""
    return name == LOCK or name.startswith(f"{WRITTEN}/")


def _order(name: str) -> tuple[bool, bool, str]:
    """Put the records after all others: a run that was cut short before them starts again from the same."""
    return name == MARK, _is_record(name), name


def _copy(root: Path, name: str, own: Path, old: Path, blob: str) -> None:
    """Copy a file as it is now, and as it was written: of a record, as it is."""
    now, then = contents(root / name), contents(root / WRITTEN / name)
    if _is_record(name):
        then = now
    elif blob:
        then = now if now is not None and blob_id(now) == blob else _blob(root, blob)
    for top, content in ((own, now), (old, then)):
        if content is not None:
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(content)


def _blob(root: Path, blob: str) -> bytes:
    """Return a content from git; empty where git does not have it: then each change is a conflict."""
    done = subprocess.run(["git", "cat-file", "blob", blob], cwd=root, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def _put(source: Path, target: Path) -> None:
    try:
        if source.exists():
            atomic.write(target, source.read_text(encoding="utf-8"))
        else:
            target.unlink(missing_ok=True)
    except OSError as error:
        raise PressoError(
            f"{target} cannot be written: {error.strerror}.", hint="Run this again afterwards."
        ) from error
