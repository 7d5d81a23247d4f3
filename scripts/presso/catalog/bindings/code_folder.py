"""A folder of generated code, known again by the line that each of its files begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from presso import atomic
from presso.catalog.bindings import SUFFIXES, Language, generate
from presso.catalog.code_marks import Mark, mark_of
from presso.catalog.events import Catalog
from presso.errors import PressoError, UsageError
from presso.folders import files_below

_SKIPPED = {".terraform", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Folder:
    """The generated code in a folder.

    Args:
        path: The folder.
        language: The code's language; None without generated code.
        events: Whose code it is.
        texts: Its generated files.
    """

    path: Path
    language: Language | None
    events: tuple[str, ...]
    texts: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Folder:
        """Read the folder; files of other origin are ignored.

        Raises:
            UsageError: It is not a folder, or its files are of two languages.
        """
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is not a folder.", hint="Name the folder for the code.")
        found = dict(_generated(path))
        languages = {mark.language for mark, _ in found.values()}
        if len(languages) > 1:
            raise UsageError(
                f"{path} has generated code in {' and '.join(sorted(languages))}.",
                hint="A folder has the code of one language: remove the other.",
            )
        events = sorted({mark.event for mark, _ in found.values() if mark.event})
        texts = {name: text for name, (_, text) in found.items()}
        return cls(path, next(iter(languages), None), tuple(events), texts)  # type: ignore[arg-type]

    def faults(self, catalog: Catalog) -> list[str]:
        """What of the code is not as the catalog has it, a line each; none when all is.

        Raises:
            PressoError: No code can be made for a schema.
        """
        known = {event.name.lower() for event in catalog.events}
        gone = [event for event in self.events if event.rpartition("/")[2].lower() not in known]
        faults = [f"{self.path}: {event} is not in the catalog any more" for event in gone]
        if faults or self.language is None:
            return faults
        wanted = generate(catalog, self.events, self.language)
        for name in sorted({*wanted, *self.texts}):
            if name not in self.texts:
                faults.append(f"{self.path / name}: is missing")
            elif name not in wanted:
                faults.append(f"{self.path / name}: belongs to none of the events here")
            elif wanted[name] != self.texts[name]:
                faults.append(f"{self.path / name}: differs from the catalog")
        return faults

    def write(self, wanted: Mapping[str, str]) -> list[Path]:
        """Put these files there, and remove other generated ones; return the paths that changed.

        Raises:
            PressoError: A file of another origin is in the way, and nothing was done; or the folder cannot be
                written.
        """
        changed = [name for name in sorted(wanted) if self.texts.get(name) != wanted[name]]
        for name in changed:
            if name not in self.texts and (self.path / name).exists():
                raise PressoError(
                    f"{self.path / name} was not created by presso catalog code.",
                    hint="Choose another folder, or move the file away.",
                )
        superfluous = [name for name in sorted(self.texts) if name not in wanted]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name in changed:
                atomic.write(self.path / name, wanted[name])
            for name in superfluous:
                (self.path / name).unlink()
        except OSError as error:
            raise PressoError(f"{self.path} cannot be written: {error.strerror}.") from error
        return [self.path / name for name in (*changed, *superfluous)]


def folders(roots: Iterable[Path]) -> list[Path]:
    """The folders below some others that have generated code, sorted."""
    return sorted({path.parent for root in roots for path in files_below(root, _SKIPPED) if _read(path)})


def _generated(folder: Path) -> Iterator[tuple[str, tuple[Mark, str]]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if found := _read(path):
            yield path.name, found


def _read(path: Path) -> tuple[Mark, str] | None:
    """A file's mark and text; None when it is not generated code."""
    if path.suffix not in SUFFIXES or not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    mark = mark_of(text)
    return (mark, text) if mark else None
