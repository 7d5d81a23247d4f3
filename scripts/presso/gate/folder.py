"""Reads an untrusted extension folder: its files, their sizes, and its Terraform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from presso.extension_tree import ExtensionTree
from presso.gate.model import ExtensionText, Hit, Place
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.modules import modules_in

MOST_TERRAFORM_BYTES = 512 * 1024
ENDINGS = (".tf", ".tf.json")


def read(root: Path) -> ExtensionText:
    """Read a folder; entries that are not readable or not allowed are among the text's hits."""
    tree = ExtensionTree.read(root)
    found = faults(tree)
    if any(number == "S-008" for number, _ in found):
        return ExtensionText(root, tree, {}, (), tuple(found))
    return _with_modules(ExtensionText(root, tree, {}, tuple(file.path for file in tree.files)), found)


def faults(tree: ExtensionTree) -> list[tuple[str, Hit]]:
    """The faults of the folder itself."""
    return [
        ("S-008" if fault.too_large else "S-007", Hit(Place(fault.path), fault.found))
        for fault in tree.faults
    ]


def _with_modules(text: ExtensionText, found: list[tuple[str, Hit]]) -> ExtensionText:
    """Read the extension's root module, and every module in the folder that it calls."""
    modules = modules_in(text.root, lambda folder: _blocks(text, folder, found))
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
