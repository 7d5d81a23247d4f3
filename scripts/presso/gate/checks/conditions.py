"""Promise 1: the extension is the same for every tenant at any time, so the check covers the apply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from presso.gate.check import check
from presso.gate.model import Hit, Model, Place
from presso.hcl.blocks import Block, nodes
from presso.hcl.values import parts, source_of

# These return a different value at each run.
_CHANGING = frozenset({"bcrypt", "plantimestamp", "timestamp", "uuid"})
# The results of these reveal no more than their argument.
_HARMLESS = frozenset(
    {
        *("abs", "ceil", "coalesce", "coalescelist", "compact", "concat", "distinct", "file", "filebase64"),
        *(
            "filebase64sha256",
            "filemd5",
            "filesha1",
            "filesha256",
            "filesha512",
            "flatten",
            "floor",
            "format",
        ),
        *(
            "formatlist",
            "indent",
            "join",
            "jsondecode",
            "jsonencode",
            "keys",
            "length",
            "list",
            "map",
            "merge",
        ),
        *("nonsensitive", "one", "sensitive", "setproduct", "setunion", "templatefile", "templatestring"),
        *("tolist", "tomap", "tonumber", "toset", "tostring", "try", "values", "yamlencode", "zipmap"),
    }
)
_REFERENCE = re.compile(r"(?<![\w.-])(var|local|data|module|terraform|path)\.([A-Za-z_][\w-]*)")
_DECIDING = {"binary_op", "conditional", "for_cond", "index_expr_term", "template_if_start"}


@check(
    "P1-023",
    "The same for every tenant, at every time",
    why="The gate plans the extension in a made-up tenant. Whatever depends on the tenant, account, region "
    "or time may differ in a real one.",
    fix="Use a variable with a default: the organiser sets it per tenant in tenant.yaml.",
    bad='count = var.tenant.name == "nyc" ? 1 : 0',
    good="count = var.digest ? 1 : 0",
)
def same(model: Model) -> Iterator[Hit]:
    """Yield expressions that depend on the tenant's facts, on time or on chance."""
    for folder, blocks in model.source.blocks.items():
        tainted = _tainted(blocks, inner=bool(folder))
        for block in blocks:
            if block.type in ("variable", "terraform"):
                continue
            for line, node in block.expressions():
                for found in _differing(node, tainted):
                    yield Hit(Place(block.file, line), found)


def _tainted(blocks: tuple[Block, ...], *, inner: bool) -> frozenset[str]:
    """The names that reveal the tenant; in a module of the extension's own, any variable may."""
    found = {"var.tenant", "var.fence", "terraform.workspace", "terraform.applying", "path.cwd", "path.root"}
    if inner:
        found |= {f"var.{block.labels[0]}" for block in blocks if block.type == "variable" and block.labels}
    found |= {f"data.{block.labels[0]}" for block in blocks if block.type == "data" and block.labels}
    named = {
        f"local.{name}": node
        for block in blocks
        if block.type == "locals"
        for name, node in block.attributes.items()
    }
    while True:
        more = {name for name, node in named.items() if name not in found and _names(node) & found}
        if not more:
            return frozenset(found)
        found |= more


def _names(node: Any) -> set[str]:
    return {f"{kind}.{name}" for kind, name in _REFERENCE.findall(source_of(node))}


def _differing(root: Any, tainted: frozenset[str]) -> Iterator[str]:
    for node in nodes(root):
        kind = node.lark_name()
        text = source_of(node)
        if kind == "function_call":
            name = text.partition("(")[0]
            if name in _CHANGING:
                yield f"{name}() returns a different value each time"
            elif name not in _HARMLESS and (used := _names(node) & tainted):
                yield f"{name}() is called with {_listed(used)}"
        elif kind in _DECIDING:
            deciding = parts(node)[0] if kind == "conditional" else node
            if kind == "index_expr_term":
                deciding = parts(node)[-1]
            elif kind == "binary_op" and not re.search(r"==|!=|<|>", text):
                continue
            if used := _names(deciding) & tainted:
                yield f"{text if len(text) < 60 else text[:57] + '…'} depends on {_listed(used)}"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
