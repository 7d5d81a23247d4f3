"""Prints or writes generated code for events, or compares it with the catalog."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from presso import terminal
from presso.catalog.bindings import LANGUAGES, Language, generate
from presso.catalog.bindings.code_folder import Folder
from presso.catalog.events import Catalog
from presso.errors import UsageError
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

STDOUT = "-"


def write(
    workspace: Workspace, events: Sequence[str], language: str | None, out: str, *, json_wanted: bool
) -> None:
    """Print the code for some events, or write it to a folder.

    Args:
        events: The events' names; empty for those with code in the folder.
        language: Of the code; None is that of the folder, or Python.
        out: The folder, or `-`.
        json_wanted: Print `{"files": {name: text}}`, or `{"changed": [path]}` of a folder.

    Raises:
        UsageError: No event is named, an event or language does not exist, or the path is not a folder.
        PressoError: No code can be made, or the folder cannot be written.
    """
    folder = Folder.read(Path(out)) if out != STDOUT else None
    wanted = list(events) or list(folder.events if folder else ())
    if not wanted:
        such = next(iter(Catalog.load(workspace).names), "NAME")
        raise UsageError(
            "No event is named.",
            hint=f"List them with presso catalog list; then: presso catalog code {such}",
        )
    spoken = _language(language) or (folder.language if folder else None) or "python"
    made = generate(Catalog.load(workspace), wanted, spoken)
    if folder is None:
        _print(made, json_wanted=json_wanted)
        return
    changed = [str(path) for path in folder.write(made)]
    if json_wanted:
        terminal.as_json({"changed": changed})
    else:
        terminal.say("\n".join([*changed, f"{out}: {len(made)} files, {len(changed)} of them changed."]))


def check(workspace: Workspace, path: str, *, json_wanted: bool) -> bool:
    """Print the files of a folder that differ from the catalog; return whether there are none.

    Raises:
        UsageError: The folder has no generated code.
        PressoError: No code can be made.
    """
    folder = Folder.read(Path(path))
    if folder.language is None:
        raise UsageError(
            f"{path} has no generated code.", hint=f"presso catalog code EVENT --out {shlex.quote(path)}"
        )
    faults = folder.faults(Catalog.load(workspace))
    if json_wanted:
        terminal.as_json({"faults": faults})
    elif faults:
        way_out = f"Update it: presso catalog code --out {shlex.quote(path)}"
        terminal.error("\n".join(faults), way_out)
    else:
        terminal.say(f"{path}: up to date.")
    return not faults


def _language(said: str | None) -> Language | None:
    for language in LANGUAGES:
        if said == language:
            return language
    if said is None:
        return None
    raise UsageError(f"There is no code in {said}.", hint=did_you_mean(said, LANGUAGES, "languages"))


def _print(made: dict[str, str], *, json_wanted: bool) -> None:
    if json_wanted:
        terminal.as_json({"files": made})
    elif len(made) == 1:
        terminal.result("".join(made.values()).rstrip("\n"))
    else:
        for name, text in made.items():
            terminal.result(f"==> {name} <==\n{text}")
