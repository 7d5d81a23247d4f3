"""Promise 1: it is the same for every tenant at every time, so that what is checked is what is applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presso.gate import paths
from presso.gate.check import check
from presso.gate.model import Hit, Model, Place
from presso.hcl.blocks import nodes
from presso.hcl.values import source_of

# A check can plan in other tenants, not at other times.
_CHANGING = frozenset({"bcrypt", "plantimestamp", "timestamp", "uuid"})
_OF_THE_RUN = ("terraform.applying", "terraform.workspace")


@check(
    "P1-023",
    "The same for every tenant, at every time",
    why="A check plans the extension in made-up tenants of several regions and partitions and in each tenant "
    "of the checkout, and compares. Only names, accounts, regions and data may differ. All else that "
    "depends on the tenant, and all that depends on time or chance, may differ when it is applied.",
    fix="Use a variable with a default: the organiser sets it per tenant in tenant.yaml.",
    bad='count = var.context.tenant == "nyc" ? 1 : 0',
    good="count = var.digest ? 1 : 0",
)
def same(model: Model) -> Iterator[Hit]:
    """Yield what depends on time or chance; `gate.elsewhere` finds what depends on the tenant."""
    for blocks in model.text.blocks.values():
        for block in blocks:
            for line, node in block.expressions():
                yield from (Hit(Place(block.file, line), what) for what in _changing(node))
    for place, file, template in paths.templates(model):
        yield from (Hit(place, f"in the template {file} {what}") for what in _changing(template))


def _changing(expression: Any) -> Iterator[str]:
    for node in nodes(expression):
        if node.lark_name() == "function_call":
            name = source_of(node).partition("(")[0].strip().removeprefix("core::")
            if name in _CHANGING:
                yield f"{name}() returns a different value each time"
        elif node.lark_name() == "get_attr_expr_term" and source_of(node) in _OF_THE_RUN:
            yield f"{source_of(node)} is another value when it is applied"
