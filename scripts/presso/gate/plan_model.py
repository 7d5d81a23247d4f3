"""The resources of an extension as Terraform plans them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from presso.gate.model import ExtensionText, Model, Place, Resource
from presso.hcl.blocks import Block
from presso.hcl.modules import local_module
from presso.hcl.values import Unknown

MODULE = "module.extension"
_STEP = re.compile(r'module\.([\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.?')
# The building block's argument behind an attribute of its resources.
_ARGUMENTS = {
    ("aws_cloudwatch_event_rule", "event_pattern"): "pattern",
    ("aws_iam_role_policy", "policy"): "policy_statements",
    ("aws_scheduler_schedule", "schedule_expression"): "expression",
    ("aws_scheduler_schedule", "target"): "starts",
    ("aws_sfn_state_machine", "definition"): "definition",
    ("aws_lambda_event_source_mapping", "event_source_arn"): "queue",
    ("aws_lambda_function", "environment"): "environment",
    ("aws_lambda_function", "function_name"): "name",
    ("aws_sqs_queue", "name"): "name",
}


def planned(model: Model, plan: Mapping[str, Any]) -> Model:
    """The model with the plan's resources in place of the text's."""
    read = plan["configuration"]["root_module"]["module_calls"][MODULE.removeprefix("module.")]
    found = resources(plan, model.text)
    return replace(model, level="plan", resources=found, configuration=read.get("module", {}))


def resources(plan: Mapping[str, Any], text: ExtensionText) -> tuple[Resource, ...]:
    """The resources and data sources of a plan, with the place of each in the text."""
    if "settled" in plan:
        found = list(standing(plan["settled"]))
    else:
        found = [*plan.get("resource_changes", ()), *standing(plan.get("prior_state", {}))]
    return tuple(
        _resource(change, text) for change in found if str(change.get("address")).startswith(f"{MODULE}.")
    )


def standing(state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The content of a state, as changes: before an apply, the data sources that were read."""

    def inside(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        address = module.get("address", "")
        for resource in module.get("resources", ()):
            change = {"actions": ["read"], "after": resource.get("values")}
            yield {**resource, "module_address": address, "change": change}
        for child in module.get("child_modules", ()):
            yield from inside(child)

    yield from inside(state.get("values", {}).get("root_module", {}))


def _resource(change: Mapping[str, Any], text: ExtensionText) -> Resource:
    values = _known(change["change"].get("after"), change["change"].get("after_unknown"))
    block, written = _written(change, text)
    address = change["address"].removeprefix(f"{MODULE}.")
    lines: dict[str, int] = {}
    if block is not None and not written:
        said = {name: _ARGUMENTS.get((change["type"], name), "") for name in values}
        lines = {name: block.line_of(word) for name, word in said.items() if word and block.has(word)}
    elif block is not None:
        lines = dict(_lines(block))
    return Resource(
        address=address,
        type=change["type"],
        values=values,
        place=Place(block.file, block.line) if block else Place("main.tf"),
        lines=lines,
        blocks=frozenset(_blocks(block)) if block is not None and written else frozenset(),
        written=written,
        mode="data" if change.get("mode") == "data" else "managed",
    )


def _known(after: Any, unknown: Any) -> Any:
    """The planned value, with `Unknown` for what is known only after apply."""
    if unknown is True:
        return Unknown("known after apply")
    if isinstance(unknown, dict) and isinstance(after, dict | None):
        values = after or {}
        names = dict.fromkeys([*values, *unknown])
        return {name: _known(values.get(name), unknown.get(name)) for name in names}
    if isinstance(unknown, list) and isinstance(after, list):
        rest = [*unknown, *[None] * (len(after) - len(unknown))]
        return [_known(value, part) for value, part in zip(after, rest, strict=False)]
    return after


def _written(change: Mapping[str, Any], text: ExtensionText) -> tuple[Block | None, bool]:
    """The block of a resource, and whether the author wrote the resource itself."""
    folder = ""
    rest = str(change.get("module_address") or "").removeprefix(MODULE).removeprefix(".")
    for step in _STEP.finditer(rest):
        call = _find(text, folder, "module", step[1])
        if call is None:
            return None, False
        called = local_module(text.root, folder, call)
        if called is None:
            return call, False
        folder = called
    kind = "data" if change.get("mode") == "data" else "resource"
    return _find(text, folder, kind, change["type"], change["name"]), True


def _find(text: ExtensionText, folder: str, kind: str, *labels: str) -> Block | None:
    blocks = text.blocks.get(folder, ())
    return next((block for block in blocks if block.type == kind and block.labels == labels), None)


def _inner(block: Block) -> Iterator[tuple[str, Block]]:
    """The blocks in a block by their names; for `dynamic`, its content."""
    for inner in block.blocks:
        if inner.type == "dynamic":
            yield from ((inner.labels[0], made) for made in inner.blocks if made.type == "content")
        else:
            yield inner.type, inner


def _lines(block: Block) -> Iterator[tuple[str, int]]:
    yield from ((name, block.line_of(name)) for name in block.attributes)
    for name, inner in _inner(block):
        yield name, inner.line
        yield from ((f"{name}.{below}", line) for below, line in _lines(inner))


def _blocks(block: Block) -> Iterator[str]:
    for name, inner in _inner(block):
        yield name
        yield from (f"{name}.{below}" for below in _blocks(inner))
