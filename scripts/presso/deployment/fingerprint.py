"""A unit's fingerprint: digests of all inputs of its plan. While none changes, Terraform has nothing to do.

Drift is not covered: changes made outside of Terraform are found by a run. An input that cannot be known
without a run (an account missing in tenant.yaml, `timestamp()`, a link among the files) means no fingerprint,
and the unit always runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from presso import platform_settings
from presso.deployment.target_environment import TargetEnvironment
from presso.errors import PressoError
from presso.extension_tree import LEFT_OUT_FOLDERS, ExtensionTree
from presso.folders import contents, files_below
from presso.names import CORE
from presso.tenants import ExtensionUse, Target, Tenant, today
from presso.terraform import terraform_cli
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

_FORMAT = 1  # changes with what a fingerprint covers
# The variables that change what the providers do, regardless of the unit's configuration.
_VARIABLES = re.compile(
    r"AWS_ENDPOINT_URL\w*|AWS_USE_\w+|AWS_CA_BUNDLE|AWS_S3_\w+|TF_AWS_\w+|PRESSO_PROVIDER"
)
_TERRAFORM = (".tf", ".tf.json", ".tofu", ".tftpl")
_UPWARDS = re.compile(r"((?:\.\./)+)(modules/)?([A-Za-z0-9_-]+)?|\.{2,}|(?<!\\)\\(?:\\\\)*[uU]")
# Where a comment begins between two tokens, what follows it is not looked for: that may take quadratic time.
_COMMENT = r"/\*|#|//"
# The value changes with each run, or comes from a place that no digest covers. JSON may escape letters;
# the functions of JSONata, which have a $, are not Terraform's.
_VOLATILE = re.compile(
    rf"(?<!\$)\b(timestamp|plantimestamp|uuid|bcrypt|abspath|pathexpand|templatestring)\s*(\(|{_COMMENT})"
    rf"|\bpath\s*({_COMMENT}|\.\s*({_COMMENT}|cwd\b))"
    rf"|\b(file\w*|templatefile)\s*({_COMMENT}|\(\s*({_COMMENT}|\"[/~]))"
    rf'|\bdata\s*({_COMMENT}|"?(external|http|local_file|local_sensitive_file)\b)'
    r"|\\u00(4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])",
    re.DOTALL,
)
_BETWEEN = "module "


@dataclass(frozen=True)
class Fingerprint:
    """The inputs of a unit's plan.

    Args:
        inputs: The digest of each, by a name for messages.
    """

    inputs: Mapping[str, str]

    @property
    def digest(self) -> str:
        """One digest of all."""
        return _digest(dict(self.inputs))

    def changed(self, before: Mapping[str, str]) -> list[str]:
        """Return the names of the inputs that differ from those of an earlier run."""
        names = {*self.inputs, *before}
        return sorted(name for name in names if self.inputs.get(name) != before.get(name))


class Unpredictable(Exception):
    """An input cannot be known without Terraform; the text names it."""


@dataclass(frozen=True)
class Source:
    """A module's files.

    Args:
        digest: Of their paths, modes and contents.
        calls: The platform's modules that they refer to; None: perhaps all of them.
        unpredictable: Why its plan cannot be known from the files; "" if it can.
    """

    digest: str
    calls: frozenset[str] | None
    unpredictable: str = ""


def source_of(tree: ExtensionTree, modules: Iterable[str]) -> Source:
    """Return what a plan depends on in a module's files.

    Args:
        modules: The names of the platform's modules.
    """
    if tree.faults:
        return Source(tree.digest, None, tree.faults[0].found)
    texts = {f.path: f.content.decode("utf-8", "replace") for f in tree.files if f.path.endswith(_TERRAFORM)}
    if any("templatefile" in text for text in texts.values()):  # a template may be any file
        others = [file for file in tree.files if file.path not in texts]
        texts |= {file.path: file.content.decode("utf-8", "replace") for file in others}
    known, calls = {*modules}, set[str]()
    for path, text in texts.items():
        may_call = path.endswith(_TERRAFORM) or "${" in text or "%{" in text
        if may_call and (found := _VOLATILE.search(text)):
            return Source(tree.digest, None, f"{tree.name}/{path} has {found[0].strip()}")
        named = set[str]() if path.endswith(".md") else _called(path, text, known)
        if named is None:
            return Source(tree.digest, None)
        calls |= named
    return Source(tree.digest, frozenset(calls))


def _called(path: str, text: str, known: set[str]) -> set[str] | None:
    """Return the modules that a text refers to; None where it may refer to any."""
    calls: set[str] = set()
    if not any(mark in text for mark in ("..", "\\u", "\\U")):
        return calls
    for found in _UPWARDS.finditer(text):
        upwards, _, name = found.groups()
        if found[0] == "...":
            continue
        if name in known:
            calls.add(name)
        elif not upwards or not name or upwards.count("/") > path.count("/"):
            return None
    return calls


class Sources:
    """The platform's modules in the checkout, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[Source, str]] = {}

    @cached_property
    def names(self) -> list[str]:
        """Their names."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())

    def of(self, name: str) -> Source:
        """Return a module."""
        if name not in self._read:
            stamp = self._stamp(name)  # before the files are read
            tree = ExtensionTree.read(self._folder / name, everything=True)
            self._read[name] = (source_of(tree, self.names), stamp)
        return self._read[name][0]

    def closure(self, names: Iterable[str]) -> dict[str, Source]:
        """Return modules and those that they refer to, transitively."""
        found: dict[str, Source] = {}
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.of(name)
                calls = found[name].calls
                waiting += self.names if calls is None else calls
        return found

    def touched(self, names: Iterable[str]) -> bool:
        """Return whether a file of these modules was written since it was read."""
        return any(self._stamp(name) != self._read[name][1] for name in names if name in self._read)

    def _stamp(self, name: str) -> str:
        return _digest(list(_stamps(self._folder / name)))


def _stamps(folder: Path) -> Iterator[list[Any]]:
    for path in [folder, *files_below(folder)]:
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        yield [str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


@dataclass
class Fingerprints:
    """The fingerprints of one command's units.

    Args:
        workspace: The checkout and its home.
        trees: The extensions' files.
        environment: As of `Command`.
        program: The folder of presso's own code.
    """

    workspace: Workspace
    trees: Trees
    environment: Callable[[Target, Tenant | None], TargetEnvironment]
    program: Path = Path(__file__).parents[2]

    def __post_init__(self) -> None:
        self.sources = Sources(self.workspace.modules)
        self._closures: dict[tuple[str, ...], dict[str, str]] = {}
        self._targets: dict[Target, str] = {}
        self._extensions: dict[tuple[str, str | None], tuple[Source, str]] = {}
        self._lock = threading.RLock()

    def of(self, unit: Unit, tenant: Tenant) -> Fingerprint | None:
        """Return a unit's fingerprint as its inputs are now; None where one of them cannot be known.

        It never raises for wrong input: a run reports that.
        """
        try:
            with self._lock:
                return Fingerprint(self._inputs(unit, tenant))
        except (Unpredictable, PressoError, OSError):
            return None

    def of_machine(self, unit: Unit, tenant: Tenant) -> dict[str, str]:
        """Return what another machine must have in common with this one to run a unit in its place.

        That is the unit's fingerprint. Where it has none, and for a unit that no tenant.yaml lists, it is all
        that the checkout has. Not the provider's lock file, which is brought to that machine.

        Raises:
            PressoError: The version of the extension does not exist here.
        """
        with self._lock:
            listed = unit.extension in {use.name for use in tenant.extensions} if unit.is_extension else True
            found = self.of(unit, tenant) if listed else None
            inputs = dict(found.inputs) if found else self._whole(tenant)
            if not found and listed and unit.is_extension and (use := tenant.use(unit.extension)).version:
                inputs["version"] = self._tree(use)[1]  # a branch may be another commit there
        inputs.pop("provider", None)
        return inputs

    def _whole(self, tenant: Tenant) -> dict[str, str]:
        return {
            "presso": self._presso,
            "Terraform": terraform_cli.find().version,
            "target": self._target(tenant.target),
            "variables": _digest(repr(tenant)),
            "files": self._files,
        }

    def touched(self, fingerprint: Fingerprint) -> bool:
        """Return whether a module was written since this fingerprint was computed."""
        names = [name.removeprefix(_BETWEEN) for name in fingerprint.inputs if name.startswith(_BETWEEN)]
        with self._lock:
            return self.sources.touched(names)

    def _inputs(self, unit: Unit, tenant: Tenant) -> dict[str, str]:
        if tenant.known_account is None:
            raise Unpredictable(f"tenants/{tenant.name}/tenant.yaml has no account")
        document = unit_folder.document(self.workspace, unit, tenant, schemas=lambda: {})
        calls = document.pop("module")
        inputs = {
            "presso": self._presso,
            "Terraform": terraform_cli.find().version,
            "target": self._target(tenant.target),
            "provider": _file(unit.folder(self.workspace) / ".terraform.lock.hcl"),
            "configuration": _digest(document),
            "variables": _digest(calls),
        }
        if unit.is_platform:
            return inputs | self._platform(tenant)
        return inputs | (self._extension(unit, tenant) if unit.is_extension else self._modules([CORE]))

    def _platform(self, tenant: Tenant) -> dict[str, str]:
        names = ["tenant", *(["event-player"] if tenant.player else [])]
        replayed = {"scenarios": self._scenarios} if tenant.player and self._scenarios else {}
        if not tenant.has_registry:
            return {**self._modules(names), **replayed}
        # The schemas of the registry: of the catalog, and of the extensions in their versions.
        parts = [repr(tenant.catalog), self._catalog, *(self._tree(use)[1] for use in tenant.extensions)]
        return {**self._modules([*names, "event-catalog"]), **replayed, "catalog": _digest(parts)}

    def _extension(self, unit: Unit, tenant: Tenant) -> dict[str, str]:
        use = tenant.use(unit.extension)
        source, digest = self._tree(use)
        if source.unpredictable:
            raise Unpredictable(source.unpredictable)
        own = self.sources.names if source.calls is None else source.calls
        modules = self._modules(["extension-context", *([] if use.version else own)])
        judged = [self._waivers(use.name), self._catalog, repr(use.quotas)]
        return {**modules, f"extension {use.name}": digest, "gate": _digest(judged)}

    def _modules(self, names: Iterable[str]) -> dict[str, str]:
        key = tuple(sorted(names))
        if key not in self._closures:
            found = self.sources.closure(key)
            for source in found.values():
                if source.unpredictable:
                    raise Unpredictable(source.unpredictable)
            self._closures[key] = {f"{_BETWEEN}{name}": source.digest for name, source in found.items()}
        return self._closures[key]

    def _tree(self, use: ExtensionUse) -> tuple[Source, str]:
        """Return an extension's source, and the digest of it with the modules of its version."""
        key = (use.name, use.version)
        if key not in self._extensions:
            found = self.trees.of(use)
            pinned = found.modules.digest if isinstance(found.modules, ExtensionTree) else ""
            source = source_of(found.tree, self.sources.names)
            self._extensions[key] = source, _digest([use.version, source.digest, pinned])
        return self._extensions[key]

    def _target(self, target: Target) -> str:
        """What a target is: its providers, endpoint and data, and this machine where functions run on it."""
        if target not in self._targets:
            found = self.environment(target, None)
            parts: list[Any] = [target, found.plugins, found.control is None]
            parts.append({name: value for name, value in found.env.items() if _VARIABLES.fullmatch(name)})
            config = found.env.get("TF_CLI_CONFIG_FILE")
            parts.append(_file(Path(config)) if config else "")
            if target == "local":
                from presso.local_aws import LocalAws

                parts += [LocalAws(self.workspace.local).data_id(), sys.version, sysconfig.get_platform()]
            self._targets[target] = _digest(parts)
        return self._targets[target]

    def _waivers(self, extension: str) -> list[str]:
        """The waivers; with the day if one may concern an extension, since it ends on one."""
        text = (contents(self.workspace.root / "waivers.yaml") or b"").decode("utf-8", "replace")
        return [text, today().isoformat() if extension in text else ""]

    @cached_property
    def _presso(self) -> str:
        """The code of presso with its gate and offline provider, and the packages that it uses."""
        digests = [_folder(self.program), _folder(self.program.parent / "locks")]
        return _digest([_FORMAT, *digests, sys.version_info[:3]])

    @cached_property
    def _files(self) -> str:
        """All of the checkout that a unit may depend on."""
        folders = [_folder(folder) for folder in (self.workspace.modules, self.workspace.extensions)]
        return _digest(
            [*folders, self._catalog, self._scenarios, _file(self.workspace.root / "waivers.yaml")]
        )

    @cached_property
    def _catalog(self) -> str:
        """The events: the core's, and what the extensions declare, with the files that hold their schemas."""
        declared = _folder(self.workspace.extensions, (".yaml", ".yml", ".json"))
        own = [
            _folder(self.workspace.root / platform_settings.CATALOG),
            _file(self.workspace.root / platform_settings.FILE),
        ]
        return _digest([declared, _folder(self.workspace.modules / "event-catalog"), *own])

    @cached_property
    def _scenarios(self) -> str:
        """The platform's own scenarios; "" where it has none."""
        folder = self.workspace.root / platform_settings.SCENARIOS
        return _folder(folder) if folder.is_dir() else ""


def _folder(folder: Path, endings: tuple[str, ...] = ("",)) -> str:
    """Return a digest of the files below a folder."""
    files = [path for path in files_below(folder, LEFT_OUT_FOLDERS) if path.name.endswith(endings)]
    return _digest([[os.fsdecode(os.path.relpath(path, folder)), _file(path)] for path in files])


def _file(path: Path) -> str:
    content = contents(path)
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
