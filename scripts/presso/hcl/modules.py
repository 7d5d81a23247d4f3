"""Modules that call one another: the calls' sources, and the modules in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from presso.extension_tree import left_out
from presso.hcl.blocks import Block
from presso.hcl.values import evaluate


def modules_in(root: Path, blocks: Callable[[str], Iterable[Block]]) -> dict[str, tuple[Block, ...]]:
    """Return the blocks of a folder's root module, and of every module in the folder that it calls.

    Args:
        root: The folder.
        blocks: Returns the blocks of the module in a folder, relative to the root ("" is the root itself).
    """
    modules: dict[str, tuple[Block, ...]] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        if folder not in modules:
            modules[folder] = tuple(blocks(folder))
            called = (local_module(root, folder, block) for block in modules[folder])
            waiting += [found for found in called if found is not None]
    return modules


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
