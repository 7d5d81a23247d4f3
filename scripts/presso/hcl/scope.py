"""The values of the names in a module, as far as its text shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from presso.hcl.blocks import Block
from presso.hcl.values import Deferred, Unknown, evaluate

Scope = dict[str, Any]


class Local(Deferred):
    """A local value, with the node of its expression."""

    def __init__(self, node: Any, name: str, scope: Scope) -> None:
        super().__init__(lambda: evaluate(node, scope), f"local.{name}")
        self.node = node


def scope_of(blocks: Iterable[Block], given: Mapping[str, Any], *, defaults: bool = True) -> Scope:
    """The values of names in a module: its locals, and its variables as set, else their defaults."""
    scope: Scope = {"local": {}, "var": {}, "path": {"module": Unknown("path.module")}}
    for block in blocks:
        if block.type == "locals":
            for name, node in block.attributes.items():
                scope["local"][name] = Local(node, name, scope)
        elif defaults and block.type == "variable" and block.labels and "default" in block.attributes:
            scope["var"][block.labels[0]] = evaluate(block.attributes["default"], {})
    scope["var"] |= given
    return scope
