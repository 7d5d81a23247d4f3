"""Rules: which events go where. Read from Terraform's text, or from a tenant as it is deployed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from presso import atomic, text_file
from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.operators import PatternError
from presso.catalog.patterns import Condition, Pattern
from presso.folders import files_below
from presso.workspace import Workspace

# The unknown parts of a pattern match whatever comes: what is told is who may consume an event.
ANYTHING = [{"exists": True}]
# Who owns what is no extension's: the module that makes the tenant itself.
PLATFORM = "platform"


@dataclass(frozen=True)
class Target:
    """What a rule hands events to, such as `queue` `orders`.

    Args:
        feeds: What takes them from there.
        emits: The detail-types that its text says it emits; others may stand where the text does not tell.
    """

    kind: str
    name: str
    feeds: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule on a tenant's bus.

    Args:
        owner: The extension, or the module of the platform, that it belongs to.
        name: What it is called within its owner.
        pattern: Its pattern; an unknown part is a text such as `${local.account_id}`.
        unknown: Where in the pattern something is unknown before a plan, such as `account`.
        file: The file that it is in, and `line`; a deployed rule's ARN, and 0.
        extension: Whether the owner is an extension.
        problem: Why there is no pattern that can be read, or "".
    """

    owner: str
    name: str
    pattern: dict[str, Any]
    targets: tuple[Target, ...] = ()
    unknown: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    extension: bool = False
    problem: str = ""

    @cached_property
    def matcher(self) -> Pattern | None:
        """The pattern to match with; None when EventBridge would refuse it."""
        if self.problem:
            return None
        try:
            return Pattern(_without(self.pattern, set(self.unknown)))
        except PatternError:
            return None

    @property
    def place(self) -> str:
        """Where it is, for people: `file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def takes_everything(self) -> bool:
        """Whether it takes every event, as a log does."""
        return bool(self.matcher) and not {"detail", "detail-type", "source"} & set(self.pattern)

    def takes(self, event: CatalogEvent) -> bool:
        """Whether it takes the event: an example of it, or one that its schema allows."""
        found = self.matcher
        if found is None:
            return False
        if any(found.matches(sample) for sample in event.samples()):
            return True
        if not any(_names(group, event) for group in found.conditions):
            return False
        from presso.catalog.satisfiability import impossible

        return not impossible(found, event)

    def as_json(self) -> dict[str, Any]:
        """The rule for `--json`."""
        return {
            "owner": self.owner,
            "name": self.name,
            "extension": self.extension,
            "pattern": self.pattern,
            "unknown": list(self.unknown),
            "targets": [asdict(target) for target in self.targets],
            "file": self.file,
            "line": self.line,
            "problem": self.problem,
        }


def _names(group: Iterable[Condition], event: CatalogEvent) -> bool:
    """Whether conditions on source and detail-type hold for an event: what a schema need not be asked for."""
    known = {("source",): event.source, ("detail-type",): event.name}
    return all(condition.holds([known[condition.path]]) for condition in group if condition.path in known)


def _without(pattern: Any, unknown: set[str], path: str = "") -> Any:
    """A pattern in which unknown fields match anything that is there."""
    if isinstance(pattern, list):
        return [_without(part, unknown, path) for part in pattern]
    if not isinstance(pattern, dict):
        return pattern
    found = {}
    for name, value in pattern.items():
        here = path if name == "$or" else f"{path}.{name}".removeprefix(".")
        found[name] = ANYTHING if here in unknown else _without(value, unknown, here)
    return found


@dataclass(frozen=True)
class Rules:
    """All rules, and who consumes what by them."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, workspace: Workspace) -> Rules:
        """The rules in the Terraform of a checkout's modules and extensions.

        Parsing HCL takes a second, so what a folder's files say is kept by their content under the home.

        Raises:
            UsageError: A file is no HCL.
        """
        store = _Store(workspace.home / "catalog" / "rules.json")
        found = [rule for folder in _folders(workspace) for rule in store.rules(workspace, folder)]
        store.save()
        return cls(tuple(sorted(found, key=lambda rule: (rule.owner, rule.name))))

    def taking(self, event: CatalogEvent) -> list[Rule]:
        """The rules that take an event."""
        return [rule for rule in self.rules if rule.takes(event)]

    def consumers(self, event: CatalogEvent) -> list[str]:
        """Who consumes an event by a rule that names it; those that take everything are left out."""
        return sorted({rule.owner for rule in self.taking(event) if not rule.takes_everything})

    def of(self, owner: str) -> list[Rule]:
        """One owner's rules."""
        return [rule for rule in self.rules if rule.owner == owner]

    def consumed(self, owner: str, catalog: Catalog) -> list[CatalogEvent]:
        """The events that an owner's rules take."""
        return [event for event in catalog.events if any(rule.takes(event) for rule in self.of(owner))]


def _folders(workspace: Workspace) -> Iterable[Path]:
    """The folders with Terraform files, below modules and extensions."""
    for top in (workspace.modules, workspace.extensions):
        folders = {path.parent for path in files_below(top, {".terraform"}) if path.suffix == ".tf"}
        yield from sorted(folders - {top})


def hcl_files(folder: Path) -> list[Path]:
    """The files of Terraform in a folder, in its order."""
    return sorted(path for path in folder.glob("*.tf") if path.is_file())


class _Store:
    """Rules by the content of the files that they are in, kept in a file of the home."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used: dict[str, list[dict[str, Any]]] = {}
        self.fresh = False
        self._own = hashlib.sha256()
        for name in ("rules.py", "terraform_rules.py", "hcl_values.py"):
            self._own.update((Path(__file__).parent / name).read_bytes())
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            kept = None
        self.known: dict[str, list[dict[str, Any]]] = kept if isinstance(kept, dict) else {}

    def rules(self, workspace: Workspace, folder: Path) -> list[Rule]:
        """The rules in a folder's files; parsed when their content is new."""
        texts = {path: text_file.read_bytes(path, workspace.shown(path)) for path in hcl_files(folder)}
        if not any(b"pattern" in text for text in texts.values()):
            return []
        digest = self._own.copy()
        for path, text in texts.items():
            digest.update(f"{workspace.shown(path)}\0{len(text)}\0".encode() + text)
        key = digest.hexdigest()
        if key not in self.known:
            from presso.catalog.terraform_rules import rules_in

            self.known[key] = [_plain(rule) for rule in rules_in(workspace, folder)]
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


def _plain(rule: Rule) -> dict[str, Any]:
    return asdict(rule)


def _rule(data: dict[str, Any]) -> Rule:
    targets = tuple(
        Target(t["kind"], t["name"], tuple(t["feeds"]), tuple(t["emits"])) for t in data["targets"]
    )
    return Rule(**{**data, "targets": targets, "unknown": tuple(data["unknown"])})
