"""Who breaks when the catalog changes: the changes since a git ref, and the rules and code that they hit."""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from event_patterns.schemas import Schema, types
from presso import platform_settings
from presso.catalog.changes import CONSUMERS, Change, catalog_changes
from presso.catalog.events import FOLDER, OWN_FOLDER, Catalog, CatalogEvent
from presso.catalog.field_usage import Code
from presso.catalog.patterns import impossible
from presso.catalog.rule import Rule
from presso.catalog.rules import Rules
from presso.errors import PressoError, UsageError
from presso.workspace import Workspace

_MOST_PLACES = 3


@dataclass(frozen=True)
class Reader:
    """Who reads a field: a rule by its pattern, or code."""

    owner: str
    kind: str
    place: str
    what: str

    def __str__(self) -> str:
        """Who, and where."""
        return f"{self.owner}: {self.what} ({self.place})"

    def as_json(self) -> dict[str, str]:
        """The reader for `--json`."""
        return {"owner": self.owner, "kind": self.kind, "place": self.place, "what": self.what}


@dataclass(frozen=True)
class Impact:
    """A change and the readers that it affects.

    Args:
        readers: Who reads the field, where consumers may break; and rules that can never match again.
        producer: Who emits the event.
    """

    change: Change
    readers: tuple[Reader, ...]
    producer: str

    @property
    def owners(self) -> list[str]:
        """The owners of what is hit, each once."""
        return sorted({reader.owner for reader in self.readers})

    def as_json(self) -> dict[str, Any]:
        """The impact for `--json`."""
        return {
            "detail-type": self.change.name,
            "path": self.change.where,
            "change": self.change.message,
            "breaks": list(self.change.breaks),
            "producer": self.producer,
            "consumers": self.owners,
            "readers": [reader.as_json() for reader in self.readers],
        }


def impacts(workspace: Workspace, before: Catalog, after: Catalog, rules: Rules) -> list[Impact]:
    """Every change between two states of the catalog, with the affected readers; breaking ones first."""
    study = _Study(workspace, before, after, rules)
    found = [study.impact(change) for change in catalog_changes(before, after)]
    return sorted(found, key=lambda impact: (not impact.change.breaks, impact.change.name))


def readership(
    workspace: Workspace, catalog: Catalog, rules: Rules
) -> Callable[[CatalogEvent, str], list[Reader]]:
    """A function of an event and a field's path (such as `drinkOrder.drink`): who reads the field."""
    study = _Study(workspace, catalog, catalog, rules)
    return lambda event, path: list(dict.fromkeys(study.readers(event, path)))


class _Study:
    """The changes of one catalog, looked at with the rules and code of one checkout."""

    def __init__(self, workspace: Workspace, before: Catalog, after: Catalog, rules: Rules) -> None:
        self.workspace = workspace
        self.before = before
        self.after = after
        self.rules = rules
        self._code: dict[str, Code] = {}

    def impact(self, change: Change) -> Impact:
        """The readers that a change affects."""
        old, new = (_event(catalog, change) for catalog in (self.before, self.after))
        readers: list[Reader] = []
        if old and CONSUMERS in change.breaks:
            readers = list(self.readers(old, change.path))
            readers += self._classes(old, new, change.path)
        if old and new and change.breaks:
            readers += self._dead(old, new, change)
        known = old or new
        return Impact(change, tuple(dict.fromkeys(readers)), known.producer if known else "")

    def _takers(self, event: CatalogEvent) -> list[Rule]:
        return [rule for rule in self.rules.taking(event) if not rule.takes_everything]

    def readers(self, event: CatalogEvent, path: str) -> Iterator[Reader]:
        """Who reads a field of an event; with the path "", whose rules take it."""
        takers = self._takers(event)
        for rule in takers:
            if not path or _asks(rule, path):
                verb = f"filters on {path.replace('[]', '')}" if path else "takes the event"
                yield Reader(rule.owner, "rule", rule.place, f"rule {rule.name} {verb}")
        for owner in sorted({rule.owner for rule in takers}) if path else ():
            folder = self._folder(owner)
            code = self._code.setdefault(owner, Code(self.workspace, folder))
            places = dict.fromkeys((mention.file, mention.line) for mention in code.reads(path))
            for file, line in list(places)[:_MOST_PLACES]:
                yield Reader(owner, "code", f"{file}:{line}", f"reads {path.replace('[]', '')}")

    def _classes(self, old: CatalogEvent, new: CatalogEvent | None, path: str) -> Iterator[Reader]:
        """Generated code, which rejects an event whose field has changed, whether it is used or not."""
        if not path or new is None or not _refused(old, new, path):
            return
        for owner in sorted({rule.owner for rule in self._takers(old)}):
            code = self._code.setdefault(owner, Code(self.workspace, self._folder(owner)))
            for found in code.classes(old.name):
                what = f"reads the event with generated code, which needs {path.replace('[]', '')} as it was"
                yield Reader(owner, "code", f"{found.file}:{found.line}", what)

    def _folder(self, owner: str) -> Path:
        extension = self.workspace.extensions / owner
        return extension if extension.is_dir() else self.workspace.modules / owner

    def _dead(self, old: CatalogEvent, new: CatalogEvent, change: Change) -> Iterator[Reader]:
        """Rules that could match the event and never will again, because of this field."""
        for rule in self._takers(old):
            if rule.matcher is None or impossible(rule.matcher, old, self.before.envelope):
                continue
            now = impossible(rule.matcher, new, self.after.envelope)
            where = change.where.replace("[]", "")
            if any(reason.condition.where == where for reason in now):
                yield Reader(rule.owner, "rule", rule.place, f"rule {rule.name} never matches again")


def _refused(old: CatalogEvent, new: CatalogEvent, path: str) -> bool:
    """Whether code made for the old event refuses the new one for this field; limits do not matter to it."""
    before, after = (next((f for f in event.fields if f.path == path), None) for event in (old, new))
    if before is None:
        return False
    if after is None or (before.required and not after.required):
        return before.required
    return _kinds(before.schema) != _kinds(after.schema)


def _kinds(schema: Schema) -> tuple[set[str], list[Any] | None]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return types(schema), values


def _event(catalog: Catalog, change: Change) -> CatalogEvent | None:
    """The event that changed; that of its name where it comes from elsewhere now."""
    named = catalog.named(change.name)
    return catalog.get(change.source, change.name) or (named[0] if len(named) == 1 else None)


def _asks(rule: Rule, path: str) -> bool:
    """Whether a rule's pattern asks for a field, for something in it or something around it."""
    where = f"detail.{path.replace('[]', '')}"
    if rule.matcher is None:
        return False
    asked = [condition.where for group in rule.matcher.conditions for condition in group]
    return any(
        found == where or found.startswith(f"{where}.") or where.startswith(f"{found}.") for found in asked
    )


def catalog_at(workspace: Workspace, ref: str) -> Catalog:
    """The catalog as it was at a git ref; empty when there was none yet.

    Raises:
        UsageError: The checkout is not a git repository, or has no such ref.
        PressoError: Git fails.
    """
    commit = _git(workspace, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if commit is None:
        raise UsageError(
            f"There is no git ref {ref} in {workspace.root}.",
            hint="Name a branch, a tag or a commit, such as HEAD~1.",
        )
    parts = (f"{FOLDER}/", f"{OWN_FOLDER}/", "extensions/", platform_settings.FILE)
    listed = (_git(workspace, "ls-tree", "--name-only", ref, *parts) or b"").decode().split()
    there = [name.rstrip("/") for name in parts if any(path.startswith(name) for path in listed)]
    if not there:
        return Catalog((), {})
    # A zip cannot leave the folder that it is unpacked in; of tar this is true from Python 3.11.4 on.
    archive = _git(workspace, "archive", "--format=zip", ref, "--", *there)
    if archive is None:
        raise PressoError(f"Git cannot read {', '.join(there)} at {ref}.")
    with tempfile.TemporaryDirectory(prefix="presso-catalog-") as folder:
        with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
            unpacked.extractall(folder)
        return Catalog.load(replace(workspace, root=Path(folder)))


def _git(workspace: Workspace, *arguments: str) -> bytes | None:
    command: Sequence[str] = ["git", "-C", str(workspace.root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise PressoError("git is not installed.", hint="impact compares with a git ref.") from None
    return done.stdout if done.returncode == 0 else None
