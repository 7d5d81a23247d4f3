"""Prints new platforms and extensions, and what an update of one has changed; prompts for missing answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from presso import __version__, terminal
from presso.scaffold import new_extension, new_platform, platform_upgrade, updating
from presso.scaffold.answers import Given
from presso.workspace import Workspace, program


def new(workspace: Workspace, given: Given, *, json_wanted: bool) -> None:
    """Create an extension; in a terminal, prompt for missing answers. Errors as `new_extension.new`."""
    if given.missing() and not json_wanted and sys.stdin.isatty():
        from presso.catalog.events import Catalog
        from presso.presenters import scaffold_prompts

        given = scaffold_prompts.ask(workspace, Catalog.load(workspace), given)
    made = new_extension.new(workspace, given)
    _print(workspace, made.name, made.as_json(), json_wanted=json_wanted)


def copy(workspace: Workspace, source: str, given: Given, *, json_wanted: bool) -> None:
    """Copy an extension. Errors as `new_extension.copy`."""
    left = new_extension.copy(workspace, source, given)
    if left and not json_wanted:
        terminal.say(f"These lines still have {source}: {', '.join(left)}.")
    made: dict[str, object] = {"name": given.name, "from": source, "left": list(left)}
    _print(workspace, given.name, made, json_wanted=json_wanted)


def update(workspace: Workspace, name: str, *, json_wanted: bool) -> bool:
    """Update an extension; return whether nothing is left to do. Errors as `new_extension.update`."""
    merged = new_extension.update(workspace, name)
    if json_wanted:
        terminal.as_json({"name": name, **asdict(merged)})
        return merged.is_complete
    _print_merge(merged, f"extensions/{name}")
    if merged.left:
        terminal.error(
            f"extensions/{name} uses what it no longer has: {', '.join(merged.left)}.",
            "Change these lines by hand: context replaced tenant and fence (presso check --explain S-017), "
            "module.records the table.",
        )
    elif not merged.conflicts and not merged.changed:
        terminal.say(f"extensions/{name} is up to date.")
    return merged.is_complete


def init(folder: str, sources: Sequence[str], *, json_wanted: bool) -> None:
    """Create a platform and print where. Errors as `new_platform.create`."""
    path = Path(folder).expanduser()
    files = new_platform.create(path, sources)
    if json_wanted:
        terminal.as_json({"folder": str(path.resolve()), "files": files})
        return
    terminal.result(f"{path}: a platform of {len(files)} files")
    terminal.say(f"Next: cd {path}, then presso demo, and presso test.")


def upgrade_platform(workspace: Workspace, *, json_wanted: bool) -> bool:
    """Upgrade a platform; return whether nothing is left to do. Errors as `platform_upgrade.upgrade`."""
    before, merged = platform_upgrade.upgrade(workspace)
    if json_wanted:
        terminal.as_json({"from": before, "to": __version__, **asdict(merged)})
        return merged.is_complete
    _print_merge(merged, "the platform")
    if merged.is_complete:
        terminal.say(f"presso {before} -> {__version__}: {len(merged.changed)} files changed.")
        terminal.say("Next: presso lint, and presso plan --all, which shows what changes in every unit.")
    return merged.is_complete


def _print_merge(merged: updating.Merge, what: str) -> None:
    for how, files in (("changed", merged.changed), ("conflict", merged.conflicts)):
        for file in files:
            terminal.result(f"{how}  {file}")
    if merged.conflicts:
        terminal.error(
            f"{len(merged.conflicts)} files of {what} have conflicts.",
            "Look for <<<<<<< in them; a file without it is one that the new version no longer has.",
        )


def _print(workspace: Workspace, name: str, made: dict[str, object], *, json_wanted: bool) -> None:
    folder = workspace.extensions / name
    if json_wanted:
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        terminal.as_json({**made, "folder": workspace.shown(folder), "files": files})
        return
    terminal.result(workspace.shown(folder))
    steps = [f"check {name}", f"test extensions/{name}"]
    terminal.say("\n".join(["Next:", *(f"  {program()} {step}" for step in steps)]))
