"""The rules of a checkout: who consumes which event by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from presso import atomic, regular_file, text_file
from presso.catalog import rule, terraform_rules
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.rule import Rule, RuleTarget
from presso.errors import UsageError
from presso.folders import files_below
from presso.hcl import blocks, scope, structure, values
from presso.workspace import Workspace
from presso.yaml_file import YamlFile


@dataclass(frozen=True)
class Rules:
    """All rules, and who consumes what by them.

    Args:
        faults: Errors in extensions, whose rules are then left out.
        declared: What extensions declare as consumed, by their names (`with_declared`).
    """

    rules: tuple[Rule, ...]
    faults: tuple[str, ...] = ()
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, workspace: Workspace) -> Rules:
        """The rules in the Terraform of a checkout's modules and extensions.

        Parsing HCL takes a second, so the result for a folder's files is cached by their content under the
        home.

        Raises:
            UsageError: A file of the platform's modules is not HCL.
        """
        store = _Store(workspace.home / "catalog" / "rules.json")
        found, faults = [], []
        for folder in _folders(workspace):
            try:
                found += store.rules(workspace, folder)
            except UsageError as error:
                if not folder.is_relative_to(workspace.extensions):
                    raise
                faults.append(error.message)
        store.save()
        return cls(tuple(sorted(found, key=lambda it: (it.owner, it.name))), tuple(faults))

    def with_declared(self, workspace: Workspace) -> Rules:
        """Return these rules with what extensions declare whose patterns their text does not show."""
        unshown = {it.owner for it in self.rules if it.extension and it.matcher is None}
        unshown |= {
            path.relative_to(workspace.extensions).parts[0]
            for path in files_below(workspace.extensions, {".terraform"})
            if path.name.endswith(".tf.json")
        }
        return replace(self, declared={name: _consumes(workspace, name) for name in sorted(unshown)})

    def taking(self, event: CatalogEvent) -> list[Rule]:
        """The rules that take an event."""
        return [it for it in self.rules if it.takes(event)]

    def triggered(self, event: CatalogEvent) -> set[str]:
        """The extensions that an event triggers: by a rule, or as they declare where no rule can be read."""
        by_rules = {it.owner for it in self.taking(event) if it.extension}
        return by_rules | {name for name, events in self.declared.items() if event.name in events}

    def consumers(self, event: CatalogEvent) -> list[str]:
        """Who consumes an event by a rule that names it; those that take everything are left out."""
        return sorted({it.owner for it in self.taking(event) if not it.takes_everything})

    def of(self, owner: str) -> list[Rule]:
        """One owner's rules."""
        return [it for it in self.rules if it.owner == owner]

    def consumed(self, owner: str, catalog: Catalog) -> list[CatalogEvent]:
        """The events that an owner's rules take."""
        return [event for event in catalog.events if any(it.takes(event) for it in self.of(owner))]


def _consumes(workspace: Workspace, name: str) -> frozenset[str]:
    """What an extension's own file has under `consumes`; the gate (M-003) compares it with the plan."""
    path = workspace.extensions / name / "extension.yaml"
    try:
        data = YamlFile.read(path, workspace.shown(path)).data
    except UsageError:
        return frozenset()
    listed = data.get("consumes") if isinstance(data, dict) else None
    return frozenset(it for it in listed if isinstance(it, str)) if isinstance(listed, list) else frozenset()


def _folders(workspace: Workspace) -> Iterable[Path]:
    """The folders with Terraform files, below modules and extensions."""
    for top in (workspace.modules, workspace.extensions):
        folders = {path.parent for path in files_below(top, {".terraform"}) if path.suffix == ".tf"}
        yield from sorted(folders - {top})


class _Store:
    """Rules by the content of the files that they are in, kept in a file of the home."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used: dict[str, list[dict[str, Any]]] = {}
        self.fresh = False
        self._own = hashlib.sha256()
        for module in (rule, terraform_rules, blocks, scope, structure, values):
            self._own.update(Path(str(module.__file__)).read_bytes())
        try:
            kept = json.loads(regular_file.text(path))
        except (OSError, ValueError, RecursionError):
            kept = None
        self.known: dict[str, list[dict[str, Any]]] = kept if isinstance(kept, dict) else {}

    def rules(self, workspace: Workspace, folder: Path) -> list[Rule]:
        """The rules in a folder's files; parsed when their content is new."""
        texts = {
            path: text_file.read_bytes(path, workspace.shown(path))
            for path in terraform_rules.hcl_files(folder)
        }
        if not any(b"pattern" in text for text in texts.values()):
            return []
        digest = self._own.copy()
        for path, text in texts.items():
            digest.update(f"{workspace.shown(path)}\0{len(text)}\0".encode() + text)
        key = digest.hexdigest()
        if key not in self.known:
            found = terraform_rules.rules_in(workspace, folder)
            self.known[key] = [asdict(it) for it in found]
            self.fresh = True
        self.used[key] = self.known[key]
        return [_rule(data) for data in self.used[key]]

    def save(self) -> None:
        """Keep what was used, when something of it is new. A home that cannot be written only costs time."""
        if not self.fresh:
            return
        try:
            atomic.write(self.path, json.dumps(self.used))
        except OSError:
            return


def _rule(data: dict[str, Any]) -> Rule:
    targets = tuple(
        RuleTarget(t["kind"], t["name"], tuple(t["feeds"]), tuple(t["emits"])) for t in data["targets"]
    )
    return Rule(**{**data, "targets": targets, "unknown": tuple(data["unknown"])})
