"""Reads an untrusted extension folder: its files, their sizes, and its Terraform."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from presso.extension_tree import ExtensionTree, left_out
from presso.gate.model import ExtensionText, Hit, Place
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.values import evaluate

MOST_TERRAFORM_BYTES = 512 * 1024
ENDINGS = (".tf", ".tf.json")


def read(root: Path) -> ExtensionText:
    """Read a folder; entries that are not readable or not allowed are among the text's hits."""
    tree = ExtensionTree.read(root)
    found = faults(tree)
    if any(number == "S-008" for number, _ in found):
        return ExtensionText(root, {}, (), tuple(found))
    return _with_modules(ExtensionText(root, {}, tuple(file.path for file in tree.files)), found)


def faults(tree: ExtensionTree) -> list[tuple[str, Hit]]:
    """The faults of the folder itself."""
    return [
        ("S-008" if fault.too_large else "S-007", Hit(Place(fault.path), fault.found))
        for fault in tree.faults
    ]


def _with_modules(text: ExtensionText, found: list[tuple[str, Hit]]) -> ExtensionText:
    """Read the extension's root module, and every module in the folder that it calls."""
    modules: dict[str, tuple[Block, ...]] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        if folder in modules:
            continue
        modules[folder] = tuple(_blocks(text, folder, found))
        for block in modules[folder]:
            called = local_module(text.root, folder, block)
            if called is not None:
                waiting.append(called)
    return replace(text, blocks=modules, hits=tuple(found))


def _blocks(text: ExtensionText, folder: str, found: list[tuple[str, Hit]]) -> Iterator[Block]:
    for name in text.files:
        path = text.root / name
        here = str(Path(name).parent)
        if here != (folder or ".") or not name.endswith(ENDINGS) or path.name.startswith("."):
            continue
        if path.stat().st_size > MOST_TERRAFORM_BYTES:
            hit = Hit(Place(name), f"more than {MOST_TERRAFORM_BYTES >> 10} kB of Terraform in one file")
            found.append(("S-008", hit))
            continue
        try:
            yield from blocks_of(path.read_bytes().decode("utf-8"), name)  # with its line ends
        except Unreadable as error:
            found.append(("S-001", Hit(Place(name, error.line), str(error))))
        except (OSError, UnicodeDecodeError) as error:
            found.append(("S-001", Hit(Place(name), f"it cannot be read: {error}")))


def module_source(block: Block) -> str | None:
    """The source of a module call, if it is a plain text."""
    node = block.attributes.get("source")
    value = evaluate(node, {}) if node is not None else None
    return value if isinstance(value, str) else None


def local_module(root: Path, folder: str, block: Block) -> str | None:
    """The folder of the module that a block calls, relative to the root; None when it is outside."""
    source = module_source(block) if block.type == "module" else None
    if source is None or not source.startswith(("./", "../")):
        return None
    called = os.path.normpath(Path(folder) / source)
    is_left_out = any(left_out(part, folder=True) for part in Path(called).parts)
    if called.startswith("..") or is_left_out or not (root / called).is_dir():
        return None
    return "" if called == "." else called


def platform_module(folder: str, block: Block) -> str | None:
    """The name of the platform's module that a block calls: `../../modules/<name>` of `extensions/<name>`."""
    source = module_source(block) if block.type == "module" else None
    if source is None or not source.startswith(("./", "../")):
        return None
    above, _, name = os.path.normpath(Path("extensions", "own", folder) / source).rpartition("/")
    return name if above == "modules" else None
