"""What the command `new` does."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso import atomic, terminal
from presso.errors import UsageError
from presso.nearest import did_you_mean
from presso.scaffold import answers, copying, predecessors, rendering, updating
from presso.scaffold.answers import Given
from presso.scaffold.staging import put, workshop
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog


def new(workspace: Workspace, given: Given, *, json_wanted: bool) -> None:
    """Create an extension from the scaffold; in a terminal, prompt for missing answers.

    Raises:
        UsageError: An answer is wrong, or missing without a terminal.
        PressoError: It cannot be made.
    """
    from presso.catalog.events import Catalog

    catalog = Catalog.load(workspace)
    if given.missing():
        if json_wanted or not sys.stdin.isatty():
            raise _missing(given)
        from presso.scaffold import prompts

        given = prompts.ask(workspace, catalog, given)
    said = answers.checked(workspace, catalog, given)
    with workshop(workspace) as place:
        folder = rendering.render(workspace.root / rendering.FOLDER, said, _chosen(catalog, said), place)
        put(folder, workspace.extensions / said.name, f"extensions/{said.name}")
    _tell(workspace, said.name, json_wanted, said.as_json())


def copy(workspace: Workspace, source: str, given: Given, *, json_wanted: bool) -> None:
    """Make an extension as a copy of another.

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
    if made.left and not json_wanted:
        terminal.say(f"These lines still have {source}: {', '.join(made.left)}.")
    _tell(workspace, name, json_wanted, {"name": name, "from": source, "left": list(made.left)})


def update(workspace: Workspace, name: str, *, json_wanted: bool) -> bool:
    """Merge the changes of the scaffold into an extension; return whether that went without conflicts.

    Raises:
        UsageError: There is no such extension, it was not made from the scaffold, or the scaffold of then is
            not found.
        PressoError: It cannot be done.
    """
    own = workspace.extensions / name
    if not name or not own.is_dir():
        known = sorted(path.parent.name for path in workspace.extensions.glob(f"*/{rendering.ANSWERS}"))
        raise UsageError(
            f"There is no extension {name}.", hint=did_you_mean(name, known, "made from the scaffold")
        )
    version, kept = _kept(own, workspace.shown(own))
    said, chosen = _answered(workspace, kept, workspace.shown(own / rendering.ANSWERS))
    with workshop(workspace) as place:
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
        shutil.copytree(own, place / "own", symlinks=True)
        brought = updating.brought_over(place / "own", old, new)
        merged = updating.merge(place / "own", old, new, place / "merged")
        merged.changed = sorted({*merged.changed, *brought} - {*merged.conflicts})
        merged.left = predecessors.left(place / "merged")
        atomic.replace(own, place / "merged", place / "before")
    _tell_update(name, merged, json_wanted)
    return not (merged.conflicts or merged.left)


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


def _missing(given: Given) -> UsageError:
    name = given.name or "wait-times"
    return UsageError(
        f"Missing: {', '.join(given.missing())}.",
        hint=f"presso new {name} --author 'Ada Lovelace' --event OrderManager.OrderCompleted "
        "--pattern table-writer --language python",
    )


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _tell(workspace: Workspace, name: str, json_wanted: bool, said: dict[str, object]) -> None:
    folder = workspace.extensions / name
    if json_wanted:
        made = {**said, "folder": workspace.shown(folder), "files": _files(folder)}
        terminal.result(json.dumps(made, indent=2, ensure_ascii=False))
        return
    terminal.result(workspace.shown(folder))
    steps = [f"presso check {name}", f"presso test extensions/{name}"]
    terminal.say("\n".join(["Next:", *(f"  ./{step}" for step in steps)]))


def _tell_update(name: str, merged: updating.Merge, json_wanted: bool) -> None:
    if json_wanted:
        terminal.result(json.dumps({"name": name, **asdict(merged)}, indent=2))
        return
    _say_files("changed", merged.changed)
    _say_files("conflict", merged.conflicts)
    if merged.conflicts:
        terminal.error(
            f"{len(merged.conflicts)} files of extensions/{name} have conflicts.",
            "Look for <<<<<<< in them; a file without it is one that the scaffold no longer has.",
        )
    if merged.left:
        terminal.error(
            f"extensions/{name} uses what it no longer has: {', '.join(merged.left)}.",
            "Change these lines by hand: context replaced tenant and fence (presso check --explain S-017), "
            "module.records the table.",
        )
    elif not merged.conflicts and not merged.changed:
        terminal.say(f"extensions/{name} is up to date.")


def _say_files(what: str, files: Sequence[str]) -> None:
    for file in files:
        terminal.result(f"{what}  {file}")
