"""A platform of one's own: a checkout with presso's modules and scaffold, an example, a tenant and CI.

With sources of its own events it has a catalog and a scenario to begin with in place of the coffee bar's.

`python -m presso.scaffold.new_platform` reports whether the modules and the scaffold are still as
`presso init` wrote them: an upgrade replaces both.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template

from presso import __version__, platform_settings, record_schema, records, terminal, text_file
from presso.errors import PressoError, UsageError
from presso.extension_tree import LEFT_OUT_FOLDERS
from presso.folders import files_below
from presso.platform_settings import EventSettings, PlatformSettings
from presso.tenants import Tenant
from presso.workspace import Workspace, brought
from presso.yaml_file import YamlFile

MARK = platform_settings.FILE
# The modules' and the scaffold's files, each as git's id of its content and its path.
LOCK = "presso.lock"
# The other files as they were written, which the team may change: an upgrade merges them.
WRITTEN = ".presso-written"

_COPIED = ("modules", "cookiecutter-extension")
_EXAMPLE = "extensions/order-metrics"
_IGNORED = shutil.ignore_patterns(*LEFT_OUT_FOLDERS)
_FILES = Path(__file__).parent / "platform_files"
# What a platform with events of its own has in place of some of these.
_OWN_FILES = Path(__file__).parent / "own_events_files"
# They get their names when they are written: no tool takes them for this project's own.
_NAMES = {"gitignore": ".gitignore", "github": ".github", "pyproject": "pyproject.toml"}
_FILLED = ("README.md", "presso.yaml", "requirements.txt")
# The team's own from the start: no upgrade merges them.
TEAMS = ("tenants", platform_settings.CATALOG, platform_settings.SCENARIOS)
# The parts of the modules that are the coffee bar's.
_OF_THE_BAR = ("core", "event-catalog/events", "event-catalog/producers.yaml", "event-player/scenarios")
_SCHEMAS = {
    ".schemas/presso.json": (PlatformSettings, MARK, ("presso", "title")),
    ".schemas/tenant.json": (Tenant, "tenant.yaml", ("name",)),
}
_LOCKED = re.compile(r"[0-9a-f]{40}  (modules|cookiecutter-extension)/.+")


def create(folder: Path, sources: Sequence[str] = ()) -> list[str]:
    """Create a platform in a folder that is empty or does not exist; return its files, sorted.

    The folder appears complete, or not at all.

    Args:
        sources: Of its own events; without any they are the coffee bar's.

    Raises:
        UsageError: The folder has files, is not a folder, or has a name that is not a title; or a source
            is invalid.
        PressoError: It cannot be written.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder.", hint="Name a new folder.")
    if not re.fullmatch(r"[\w.][\w. -]*", folder.name):
        raise UsageError(f"{folder.name!r} cannot be the name of a platform.", hint="Use letters and digits.")
    settings = _settings(folder.name, sources)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
            new = Path(place) / "new"
            write(new, settings)
            if settings.events:
                (new / "extensions").mkdir()
                (new / "extensions" / ".gitkeep").touch()
            else:
                shutil.copytree(brought() / _EXAMPLE, new / _EXAMPLE, ignore=_IGNORED)
            new.rename(folder)  # replaces an empty folder
    except OSError as error:
        raise PressoError(f"{folder} cannot be written: {error.strerror}.", hint="Name another.") from None
    return [path.relative_to(folder).as_posix() for path in files_below(folder)]


def _settings(title: str, sources: Sequence[str]) -> PlatformSettings:
    """Return the settings that a new platform begins with.

    Raises:
        UsageError: A source is invalid.
    """
    if not sources:
        return PlatformSettings(presso=__version__, title=title)
    data = {"sources": [*sources], "extensions": f"{sources[0].partition('.')[0]}.extension"}
    try:
        events = records.read(EventSettings, data)
    except records.Faults as error:
        raise UsageError(f"--source: {error.faults[0].text}.", hint="Such as parcels.intake.") from None
    if wrong := [source for source in sources if f"{source}.".startswith(events.prefix)]:
        raise UsageError(f"--source: sources of extensions begin with {events.prefix}: {wrong[0]}.")
    return PlatformSettings(presso=__version__, title=title, events=events)


def write(new: Path, settings: PlatformSettings) -> None:
    """Write what this version of presso brings into a folder that does not exist yet; not the example.

    Raises:
        OSError: It cannot be written.
    """
    for part in _COPIED:
        shutil.copytree(brought() / part, new / part, ignore=_IGNORED)
    for part in () if settings.has_bar else _OF_THE_BAR:
        path = new / "modules" / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    copied = [path for part in _COPIED for path in files_below(new / part)]
    lines = [f"{blob_id(path.read_bytes())}  {path.relative_to(new).as_posix()}\n" for path in copied]
    (new / LOCK).write_text("".join(lines), encoding="utf-8")
    for name, text in _texts(settings).items():
        for target in (new / name, new / WRITTEN / name) if name.parts[0] not in TEAMS else (new / name,):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _texts(settings: PlatformSettings) -> dict[Path, str]:
    """Return the files beside modules and scaffold, by their paths."""
    found = {}
    values = _values(settings)
    for top in (_FILES, _OWN_FILES) if settings.events else (_FILES,):
        for path in files_below(top, LEFT_OUT_FOLDERS):
            first, *rest = path.relative_to(top).parts
            if settings.events and first == "tenants" and top == _FILES:
                continue
            text = path.read_text(encoding="utf-8")
            name = Path(_NAMES.get(first, first), *rest)
            if name.name == "event.yaml":
                name = name.with_name(f"{values['producer']}.Happened.yaml")
            found[name] = Template(text).substitute(values) if first in (*_FILLED, *TEAMS) else text
    for file, (kind, title, needed) in _SCHEMAS.items():
        schema = record_schema.document(kind, title) | {"required": [*needed]}
        found[Path(file)] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return found


def _values(settings: PlatformSettings) -> dict[str, str]:
    """Return what the texts are filled with."""
    events = settings.sources
    source = events.default
    words = re.split(r"[^A-Za-z0-9]+", source.rpartition(".")[2])
    own = settings.events is not None
    return {
        "title": settings.title,
        "version": __version__,
        "source": source,
        "sources": ", ".join(events.sources),
        "prefix": events.extensions,
        "producer": "".join(word.capitalize() for word in words) or "Source",
        "kind": "extensions" if own else "Serverlesspresso Extensions",
        "catalog": f"{platform_settings.CATALOG}/" if own else "modules/event-catalog/",
        "tenant": "east" if own else "nyc",
    }


def blob_id(content: bytes) -> str:
    """Return git's id of a file's content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def locked(root: Path) -> dict[str, str]:
    """Return what `presso.lock` lists: ids of contents, by path.

    Raises:
        UsageError: It is missing or wrong.
    """
    lines = text_file.read(root / LOCK, LOCK).splitlines()
    for number, line in enumerate(lines, 1):
        if not _LOCKED.fullmatch(line) or ".." in line:
            raise UsageError(f"{LOCK}:{number}: not an id and a path.", hint="Restore the file from git.")
    return {line[42:]: line[:40] for line in lines}


def faults(root: Path) -> Iterator[str]:
    """Yield what is not as `presso init` wrote it, or as this version of presso needs it.

    Raises:
        UsageError: `presso.yaml` or `presso.lock` is wrong.
    """
    if not (root / MARK).is_file():
        return  # not created by init
    version = platform_settings.read(YamlFile.read(root / MARK, MARK)).presso
    if version != __version__:
        yield f"{MARK}: presso {version} wrote it, and this is {__version__}: presso upgrade-platform"
    for name, wanted in locked(root).items():
        path = root / name
        if not path.is_file() or blob_id(path.read_bytes()) != wanted:
            yield f"{name}: not as presso {version} has it; put modules of your own into new folders"


def main() -> int:
    """Print what is wrong in the checkout; return 1 if there is anything, else 0."""
    try:
        found = list(faults(Workspace.find().root))
    except PressoError as error:
        found = [error.message]
    for fault in found:
        terminal.error(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
