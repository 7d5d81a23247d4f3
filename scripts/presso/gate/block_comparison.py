"""Compares the blocks that the gate read with those in Terraform's plan (`configuration`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presso.gate.model import ExtensionText, Hit, Place
from presso.hcl.blocks import Block
from presso.hcl.modules import local_module, module_source

Module = Mapping[str, Any]


def differences(read: Module, text: ExtensionText) -> Iterator[Hit]:
    """Yield blocks that only one of the two sees.

    Args:
        read: The extension's module in the `configuration` of Terraform's plan (JSON output format 1.x).
        text: The blocks that the gate read.
    """
    yield from _in_module(read, text, "")


def _in_module(read: Module, text: ExtensionText, folder: str) -> Iterator[Hit]:
    blocks = text.blocks.get(folder, ())
    ours, theirs = {_name(block): block for block in _named(blocks)}, set(_read(read))
    for name in sorted(theirs - ours.keys()):
        yield Hit(Place(f"{folder}/main.tf" if folder else "main.tf"), f"only Terraform sees {name}")
    for name in sorted(ours.keys() - theirs):
        block = ours[name]
        yield Hit(Place(block.file, block.line), f"Terraform does not see {name}")
    for resource in read.get("resources", ()):
        if "provisioners" in resource:
            yield Hit(Place("main.tf"), f"Terraform sees a provisioner in {resource['address']}")
    for block in blocks:
        call = read.get("module_calls", {}).get(block.labels[0]) if block.type == "module" else None
        if call is None:
            continue
        if call.get("source") != module_source(block):
            what = f"Terraform reads {block.address} from {call.get('source')}, the gate from"
            yield Hit(Place(block.file, block.line), f"{what} {module_source(block)}")
        called = local_module(text.root, folder, block)
        if called is not None:
            yield from _in_module(call.get("module", {}), text, called)


def _named(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        if block.type == "check":
            yield from (inner for inner in block.blocks if inner.type == "data")
        elif block.type in ("data", "module", "output", "resource", "variable"):
            yield block


def _name(block: Block) -> str:
    return " ".join((block.type, *block.labels))


def _read(module: Module) -> Iterator[str]:
    for resource in module.get("resources", ()):
        kind = "resource" if resource["mode"] == "managed" else resource["mode"]
        yield f"{kind} {resource['type']} {resource['name']}"
    for kind, key in (("module", "module_calls"), ("output", "outputs"), ("variable", "variables")):
        yield from (f"{kind} {name}" for name in module.get(key, {}))
