"""The functions of an extension that have dependencies, as its Terraform text calls event-function."""

from __future__ import annotations

import codecs
import os.path
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from presso import text_file
from presso.extension_tree import ExtensionTree, TreeFile, left_out
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.modules import module_source, platform_module
from presso.hcl.scope import Scope, scope_of
from presso.hcl.values import Deferred, evaluate
from presso.packages import npm, requirements_lock
from presso.packages.faults import Uninstallable
from presso.packages.platforms import ARCHITECTURES
from presso.text_file import NotText

BLOCK = "event-function"
# Its defaults; a test compares them.
DEFAULTS = {"architecture": "arm64", "runtime": "python3.13"}
_ROOT = "${path.module}"
_DEEPEST = 5


@dataclass(frozen=True)
class Function:
    """A folder of code, as a call of event-function packs it.

    Args:
        source: The folder, relative to the extension's; "" is that itself.
        runtime: Its runtime.
        architecture: Its architecture.
    """

    source: str
    runtime: str
    architecture: str

    @property
    def declaration(self) -> str:
        """The name of the file that declares its dependencies."""
        return requirements_lock.FILE if self.runtime.startswith("python") else npm.MANIFEST

    def path(self, name: str) -> str:
        """The path of a file in its folder."""
        return f"{self.source}/{name}" if self.source else name

    def files(self, tree: ExtensionTree) -> dict[str, TreeFile]:
        """The files of its folder, by their path in it."""
        start = f"{self.source}/" if self.source else ""
        found = {f.path.removeprefix(start): f for f in tree.files if f.path.startswith(start)}
        return {path: file for path, file in found.items() if not path.endswith(".pyc")}

    def depends(self, tree: ExtensionTree) -> bool:
        """Return whether it declares dependencies.

        Raises:
            Uninstallable: Its package.json cannot be read, so that Terraform would find none.
        """
        file = self.files(tree).get(self.declaration)
        if file is None or self.declaration != npm.MANIFEST:
            return file is not None
        if file.content.startswith(codecs.BOM_UTF8):
            hint = "Save it as UTF-8 without a byte order mark."
            raise Uninstallable(
                "it has a byte order mark, with which Terraform cannot read it", file.path, hint=hint
            )
        return npm.declares(decoded_file(file.content, file.path), file.path)


def with_dependencies(tree: ExtensionTree, variables: Mapping[str, Any]) -> list[Function]:
    """Return the functions that declare dependencies, each once.

    Args:
        tree: The extension's files.
        variables: The extension's own variables, as its tenant sets them.

    Raises:
        Uninstallable: The text does not show what one of them is for, or one has no lock.
    """
    names = {PurePosixPath(file.path).name for file in tree.files}
    if not names & {requirements_lock.FILE, requirements_lock.DECLARED, npm.MANIFEST}:
        return []
    found = called(tree, variables)
    for function in found:
        files = function.files(tree)
        unlocked = requirements_lock.DECLARED in files and requirements_lock.FILE not in files
        if unlocked and function.declaration == requirements_lock.FILE:
            path = function.path(requirements_lock.DECLARED)
            raise Uninstallable("its requirements.txt is missing", path, hint=requirements_lock.LOCK)
    return [function for function in found if function.depends(tree)]


def beside_no_code(tree: ExtensionTree, variables: Mapping[str, Any]) -> list[str]:
    """Return the files that declare dependencies and are in no function's folder."""
    sources = {function.source for function in called(tree, variables)}
    return [
        file.path
        for file in tree.files
        if PurePosixPath(file.path).name in (requirements_lock.FILE, requirements_lock.DECLARED, npm.MANIFEST)
        and not any(file.path.startswith(f"{source}/" if source else "") for source in sources)
    ]


def decoded_file(content: bytes, path: str) -> str:
    """Return the text of a file that declares or locks dependencies.

    Args:
        content: Its bytes.
        path: Its path, for errors.

    Raises:
        Uninstallable: It is not UTF-8.
    """
    try:
        return text_file.decoded(content)
    except NotText as error:
        raise Uninstallable(str(error), path, error.line, hint=error.hint) from None


def called(tree: ExtensionTree, variables: Mapping[str, Any]) -> list[Function]:
    """Return the functions that the text calls, each once, as far as it shows what they are for.

    Raises:
        Uninstallable: The text does not show what one with dependencies is for.
    """
    return list(dict.fromkeys(_Reader(tree).functions("", variables, 0)))


class _Reader:
    """Reads the modules of an extension."""

    def __init__(self, tree: ExtensionTree) -> None:
        self._tree = tree
        self._folders = {str(parent) for file in tree.files for parent in PurePosixPath(file.path).parents}

    def functions(self, folder: str, given: Mapping[str, Any], depth: int) -> Iterator[Function]:
        """Yield the functions that a module calls, and those of the modules that it calls."""
        blocks = list(self._blocks(folder))
        scope = scope_of(blocks, given)
        scope["path"] = {"module": f"{_ROOT}/{folder}" if folder else _ROOT}
        for block in blocks:
            if block.type != "module" or depth > _DEEPEST:
                continue
            for each in _instances(block, scope):
                arguments = {name: evaluate(node, each) for name, node in block.attributes.items()}
                called = self._called(folder, block)
                if called is not None:
                    yield from self.functions(called, arguments, depth + 1)
                elif platform_module(folder, block) == BLOCK:
                    yield from self._function(block, arguments)

    def _blocks(self, folder: str) -> Iterator[Block]:
        for file in self._tree.files:
            inside = (PurePosixPath(file.path).parent.as_posix()) == (folder or ".")
            if inside and file.path.endswith((".tf", ".tf.json")):
                try:
                    yield from blocks_of(file.content.decode("utf-8"), file.path)
                except (Unreadable, UnicodeDecodeError):
                    continue  # Terraform and the gate report it

    def _called(self, folder: str, block: Block) -> str | None:
        source = module_source(block)
        if source is None or not source.startswith(("./", "../")):
            return None
        called = os.path.normpath(PurePosixPath(folder) / source)
        if called not in self._folders or any(left_out(part, folder=True) for part in called.split("/")):
            return None
        return "" if called == "." else called

    def _function(self, block: Block, arguments: Mapping[str, Any]) -> Iterator[Function]:
        source = arguments.get("source_dir")
        if not isinstance(source, str) or not (source + "/").startswith(f"{_ROOT}/"):
            return  # the gate refuses it
        folder = os.path.normpath(source.removeprefix(_ROOT).lstrip("/") or ".")
        values = {name: arguments.get(name, default) for name, default in DEFAULTS.items()}
        values = {name: DEFAULTS[name] if value is None else value for name, value in values.items()}
        function = Function("" if folder == "." else folder, **{k: str(v) for k, v in values.items()})
        unread = [name for name, value in values.items() if not isinstance(value, str)]
        languages = ("python3.13", "nodejs22.x") if unread else (function.runtime,)
        depends = any(Function(function.source, each, "arm64").depends(self._tree) for each in languages)
        for name in unread:
            if depends:
                what = f"{block.address} has dependencies, and its {name} is known only when Terraform plans"
                hint = f"Write {name} of the function as a text or as a variable, so that presso can read it."
                raise Uninstallable(what, block.file, block.line_of(name), hint=hint)
        if unread:
            return
        if function.architecture in ARCHITECTURES:  # the module refuses others
            yield function


def _instances(block: Block, scope: Scope) -> Iterator[Scope]:
    """The scope of each instance of a call."""
    over = evaluate(block.attributes["for_each"], scope) if "for_each" in block.attributes else None
    pairs = {item: item for item in over if isinstance(item, str)} if isinstance(over, list) else over
    if not isinstance(pairs, dict):
        yield scope
        return
    for key, value in pairs.items():
        known = value.value() if isinstance(value, Deferred) else value
        yield {**scope, "each": {"key": key, "value": known}}
