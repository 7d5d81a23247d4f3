"""Reading an extension's folder without trusting it: what there is, how much of it, and its Terraform."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from presso.catalog.hcl_values import evaluate
from presso.gate.hcl import Block, Unreadable, blocks_of
from presso.gate.model import Hit, Place, Source

MOST_FILES = 1000
MOST_BYTES = 20 * 1024 * 1024
MOST_TERRAFORM_BYTES = 512 * 1024
# What is made by working in the folder, and never part of an extension.
LEFT_OUT = frozenset({".terraform", "__pycache__", "node_modules", "build", ".pytest_cache", ".git"})
ENDINGS = (".tf", ".tf.json")


def read(root: Path) -> Source:
    """Read a folder; what cannot be or must not be read is among the source's hits."""
    found: list[tuple[str, Hit]] = []
    files, size = [], 0
    for path in _walk(root):
        name = str(path.relative_to(root))
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            found.append(("S-007", Hit(Place(name), f"{name} is a link to {path.readlink()}")))
        elif path.is_symlink() or path.is_file():
            files.append(name)
            size += path.lstat().st_size
        else:
            found.append(("S-007", Hit(Place(name), f"{name} is no file")))
        if len(files) > MOST_FILES or size > MOST_BYTES:
            what = f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MB"
            return Source(root, {}, (), (("S-008", Hit(Place(name), what)),))
    source = Source(root, {}, tuple(files))
    return _with_modules(source, found)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(set(folders) - LEFT_OUT - set(links))
        yield from (Path(folder) / name for name in sorted([*files, *links]))


def _with_modules(source: Source, found: list[tuple[str, Hit]]) -> Source:
    """Read the extension's own module, and every one in the folder that it calls."""
    modules: dict[str, tuple[Block, ...]] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        if folder in modules:
            continue
        modules[folder] = tuple(_blocks(source, folder, found))
        for block in modules[folder]:
            called = local_module(source.root, folder, block)
            if called is not None:
                waiting.append(called)
    return replace(source, blocks=modules, hits=tuple(found))


def _blocks(source: Source, folder: str, found: list[tuple[str, Hit]]) -> Iterator[Block]:
    for name in source.files:
        path = source.root / name
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
    """The source of a module call, as far as it is a plain text."""
    node = block.attributes.get("source")
    value = evaluate(node, {}) if node is not None else None
    return value if isinstance(value, str) else None


def local_module(root: Path, folder: str, block: Block) -> str | None:
    """The folder of the module that a block calls, seen from the root; None when it is not inside."""
    source = module_source(block) if block.type == "module" else None
    if source is None or not source.startswith(("./", "../")):
        return None
    called = os.path.normpath(Path(folder) / source)
    if called.startswith("..") or LEFT_OUT & {*Path(called).parts} or not (root / called).is_dir():
        return None
    return "" if called == "." else called


def platform_module(folder: str, block: Block) -> str | None:
    """The name of the platform's module that a block calls: `../../modules/<name>` of `extensions/<name>`."""
    source = module_source(block) if block.type == "module" else None
    if source is None or not source.startswith(("./", "../")):
        return None
    above, _, name = os.path.normpath(Path("extensions", "own", folder) / source).rpartition("/")
    return name if above == "modules" else None
