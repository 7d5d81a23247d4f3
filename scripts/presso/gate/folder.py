"""Finds and reads an untrusted extension folder: its files, their sizes, and its Terraform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from presso import extensions, names, regular_file, text_file
from presso.errors import UsageError
from presso.extension_tree import ExtensionTree
from presso.gate.model import ExtensionText, Hit, Hits, Place
from presso.hcl.blocks import Block, Unreadable, blocks_of
from presso.hcl.modules import modules_in
from presso.suggestions import did_you_mean
from presso.text_file import NotText
from presso.workspace import Workspace

MOST_TERRAFORM_BYTES = 512 * 1024
ENDINGS = (".tf", ".tf.json")


def find(workspace: Workspace, target: str) -> Path:
    """The place of an extension: a path, or a name below extensions/. It may be something else than a folder.

    Raises:
        UsageError: There is nothing.
    """
    path = Path(target).expanduser()
    inside = workspace.extensions / target
    is_name = inside.parent == workspace.extensions and target != ".."
    if is_name and (_exists(inside) or not path.is_dir()):
        path = inside
    if not _exists(path):
        raise UsageError(
            f"There is no extension {target}: neither extensions/{target} nor a folder of that name.",
            hint=did_you_mean(target, extensions.names_of(workspace), "extensions"),
        )
    return path.absolute() if path.is_symlink() else path.resolve()


def _exists(path: Path) -> bool:
    """Whether there is anything, even a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def read(root: Path) -> ExtensionText:
    """Read a folder; entries that are not readable or not allowed are among the text's hits."""
    tree = ExtensionTree.read(root)
    found = faults(tree)
    if any(number == "S-008" for number, _ in found):
        return ExtensionText(root, tree, {}, (), tuple(found))
    return _with_modules(ExtensionText(root, tree, {}, tuple(file.path for file in tree.files)), found)


def faults(tree: ExtensionTree) -> Hits:
    """The faults of the folder itself."""
    return [
        ("S-008" if fault.too_large else "S-007", Hit(Place(fault.path), fault.found))
        for fault in tree.faults
    ]


def unfit(root: Path, tree: ExtensionTree) -> Hits:
    """Why this cannot be an extension, regardless of its files."""
    if root.is_symlink() or not root.is_dir():
        return [(number, replace(hit, fix="Remove it.")) for number, hit in faults(tree)]
    try:
        names.extension_checked(root.name)
    except ValueError as error:
        found = f"{root.name} cannot be an extension's name: {error}"
        return [("M-001", Hit(Place("."), found, "Rename the folder."))]
    return []


def _with_modules(text: ExtensionText, found: Hits) -> ExtensionText:
    """Read the extension's root module, and every module in the folder that it calls."""
    modules = modules_in(text.root, lambda folder: _blocks(text, folder, found))
    return replace(text, blocks=modules, hits=tuple(found))


def _blocks(text: ExtensionText, folder: str, found: Hits) -> Iterator[Block]:
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
            content = regular_file.contents(path)
            text_file.decoded(content)
            yield from blocks_of(content.decode("utf-8"), name)  # with its line ends and byte order mark
        except Unreadable as error:
            found.append(("S-001", Hit(Place(name, error.line), str(error))))
        except NotText as error:
            found.append(("S-001", Hit(Place(name, error.line), str(error), error.hint)))
        except OSError as error:
            found.append(("S-001", Hit(Place(name), f"it cannot be read: {error}")))
