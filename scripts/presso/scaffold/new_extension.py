"""New extensions, copies, and extensions brought up to date with the scaffold."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso import atomic, names
from presso.errors import UsageError
from presso.extension_tree import ExtensionTree
from presso.scaffold import answers, copying, predecessors, rendering, updating
from presso.scaffold.answers import Given
from presso.scaffold.staging import put, workshop
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog


def new(workspace: Workspace, given: Given) -> answers.Answers:
    """Create an extension from the scaffold; return its answers.

    Raises:
        UsageError: An answer is wrong or missing.
        PressoError: It cannot be made.
    """
    from presso.catalog.events import Catalog

    if given.missing():
        raise _missing(given, next(iter(Catalog.load(workspace).names), "NAME"))
    catalog = Catalog.load(workspace)
    said = answers.checked(workspace, catalog, given)
    with workshop(workspace) as place:
        folder = rendering.render(workspace.root / rendering.FOLDER, said, _chosen(catalog, said), place)
        put(folder, workspace.extensions / said.name, f"extensions/{said.name}")
    return said


def copy(workspace: Workspace, source: str, given: Given) -> tuple[str, ...]:
    """Make an extension as a copy of another; return where the original's name is left in it.

    Raises:
        UsageError: There is no such extension, the name is taken, or it cannot be copied.
        PressoError: It cannot be made.
    """
    if given.author or given.events or given.pattern or given.language:
        raise UsageError("A copy keeps the author, events, pattern and language of its original.")
    if not given.name:
        raise UsageError("The copy needs a name.", hint=f"presso new my-extension --from {source}")
    name = answers.new_name(workspace, given.name)
    title = answers.words("title", given.title or answers.title_of(name))
    with workshop(workspace) as place:
        made = copying.copy(workspace, source, name, title, place)
        put(made.folder, workspace.extensions / name, f"extensions/{name}")
    return made.left


def update(workspace: Workspace, name: str) -> updating.Merge:
    """Merge the changes of the scaffold into an extension; return what has changed, and the conflicts.

    Raises:
        UsageError: There is no such extension, it has links, it was not made from the scaffold, or the
            scaffold of then is not found.
        PressoError: It cannot be done.
    """
    own = workspace.extensions / name
    if not name or not own.is_dir():
        known = sorted(path.parent.name for path in workspace.extensions.glob(f"*/{rendering.ANSWERS}"))
        raise UsageError(
            f"There is no extension {name}.", hint=did_you_mean(name, known, "made from the scaffold")
        )
    if faults := ExtensionTree.read(own).faults:
        raise UsageError(
            f"{workspace.shown(own)}: {faults[0].found}, which cannot be updated.",
            hint="Put a file there instead.",
        )
    with workshop(workspace) as place:
        old, new = _then_and_now(workspace, own, place)
        shutil.copytree(own, place / "own", symlinks=True)
        brought = updating.brought_over(place / "own", old, new)
        merged = updating.merge(place / "own", old, new, place / "merged")
        merged.changed = sorted({*merged.changed, *brought} - {*merged.conflicts})
        merged.left = predecessors.left(place / "merged")
        atomic.replace(own, place / "merged", place / "before")
    return merged


def _then_and_now(workspace: Workspace, own: Path, place: Path) -> tuple[Path, Path]:
    """Render an extension's answers with the scaffold that it was made from, and with that of now."""
    version, kept = _kept(own, workspace.shown(own))
    said, chosen = _answered(workspace, kept, workspace.shown(own / rendering.ANSWERS))
    for folder in ("old", "new", "then"):
        (place / folder).mkdir()
    template = updating.earlier(workspace, version, place / "then")
    old = rendering.render(template, said, chosen, place / "old")
    new = rendering.render(workspace.root / rendering.FOLDER, said, chosen, place / "new")
    now, _ = rendering.kept_answers(new)
    if now == "unknown":
        raise UsageError(
            f"{rendering.FOLDER} has uncommitted changes: the next update could not find them.",
            hint="Commit them first.",
        )
    for top in (old, new):
        _same_version(top, version if top is old else now)
    return old, new


def _kept(folder: Path, shown: str) -> tuple[str, dict[str, Any]]:
    try:
        return rendering.kept_answers(folder)
    except (UsageError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{shown} was not created from the scaffold: {rendering.ANSWERS} is missing or broken.",
            hint="presso new writes that file; without it, the scaffold's changes since are unknown.",
        ) from error


def _answered(workspace: Workspace, kept: dict[str, Any], shown: str) -> tuple[answers.Answers, Catalog]:
    """The kept answers, checked, and the events that they name."""
    from presso.catalog.events import Catalog

    catalog = Catalog.load(workspace)
    known = {key: value for key, value in kept.items() if key in Given.__dataclass_fields__}
    name = str(known.pop("name", ""))
    try:
        names.extension_checked(name)
    except ValueError as error:
        raise UsageError(f"{shown}: name: {error}.", hint="Correct the answer there.") from None
    # The extension itself has taken the name: any other replaces it.
    free = "a" if name != "a" else "b"
    try:
        said = answers.checked(workspace, catalog, Given(**{**known, "name": f"{free}-{free}"}))
    except (UsageError, AttributeError, TypeError) as error:
        raise UsageError(f"{shown}: {error}", hint="Correct the answer there.") from error
    return replace(said, name=name), _chosen(catalog, said)


def _chosen(catalog: Catalog, said: answers.Answers) -> Catalog:
    """The catalog with the events that are listened to, and no others."""
    events = (event for event in catalog.events if event.name in said.events and event.source in said.sources)
    return replace(catalog, events=tuple(events))


def _same_version(folder: Path, version: str) -> None:
    path = folder / rendering.ANSWERS
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [f'scaffold: "{version}"' if line.startswith("scaffold:") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _missing(given: Given, event: str) -> UsageError:
    name = given.name or "wait-times"
    return UsageError(
        f"Missing: {', '.join(given.missing())}.",
        hint=f"presso new {name} --author 'Ada Lovelace' --event {event} "
        "--pattern table-writer --language python",
    )
