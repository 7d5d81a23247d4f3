"""The resources of an extension as far as its text shows them; the rest is unknown until the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presso.gate.model import ExtensionText, Facts, Place, Resource
from presso.hcl.blocks import Block
from presso.hcl.modules import local_module, platform_module
from presso.hcl.scope import Scope, scope_of
from presso.hcl.values import Deferred, Unknown, evaluate, source_of

_META = frozenset({"lifecycle", "provisioner", "connection", "dynamic", "timeouts"})
_DEEPEST = 5


def resources(text: ExtensionText, facts: Facts) -> tuple[Resource, ...]:
    """The resources in the text, one for each block; `for_each` is evaluated where the text allows it."""
    return tuple(_module(text, "", facts.variables, "", 0))


def _module(
    text: ExtensionText, folder: str, given: Mapping[str, Any], path: str, depth: int
) -> Iterator[Resource]:
    blocks = text.blocks.get(folder, ())
    scope = scope_of(blocks, given)
    for block in blocks:
        if block.type in ("resource", "data") and len(block.labels) == 2:
            yield from _instances(block, scope, path)
        elif block.type == "check":
            yield from (_resource(inner, scope, path, "") for inner in block.blocks if inner.type == "data")
        elif block.type == "module" and depth < _DEEPEST:
            arguments = {name: evaluate(node, scope) for name, node in block.attributes.items()}
            below = f"{path}{block.address}."
            called = local_module(text.root, folder, block)
            if called is not None:
                yield from _module(text, called, arguments, below, depth + 1)
            else:
                yield from _of_block(block, platform_module(folder, block), arguments, below)


def _instances(block: Block, scope: Scope, path: str) -> Iterator[Resource]:
    if "count" in block.attributes and not isinstance(evaluate(block.attributes["count"], scope), int):
        return  # perhaps there is none
    over = evaluate(block.attributes["for_each"], scope) if "for_each" in block.attributes else None
    if isinstance(over, list):
        over = {item: item for item in over if isinstance(item, str)}
    if not isinstance(over, dict):
        yield _resource(block, scope, path, "")
        return
    for key, value in over.items():
        known = value.value() if isinstance(value, Deferred) else value
        yield _resource(block, {**scope, "each": {"key": key, "value": known}}, path, f'["{key}"]')


def _resource(block: Block, scope: Scope, path: str, key: str) -> Resource:
    return Resource(
        address=f"{path}{block.address}{key}",
        type=block.labels[0],
        values=values(block, scope),
        place=Place(block.file, block.line),
        lines={name: block.line_of(name) for name in (*block.attributes, *_block_names(block))},
        mode="managed" if block.type == "resource" else "data",
    )


def _block_names(block: Block) -> set[str]:
    return {inner.labels[0] if inner.type == "dynamic" else inner.type for inner in block.blocks}


def values(block: Block, scope: Scope) -> dict[str, Any]:
    """The values of a block; its blocks are lists, including `dynamic` ones."""
    found: dict[str, Any] = {name: evaluate(node, scope) for name, node in block.attributes.items()}
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels:
            found.setdefault(inner.labels[0], []).extend(_dynamic(inner, scope))
        elif inner.type not in _META:
            found.setdefault(inner.type, []).append(values(inner, scope))
    return found


def _dynamic(block: Block, scope: Scope) -> Iterator[Any]:
    over = evaluate(block.attributes["for_each"], scope) if "for_each" in block.attributes else None
    node = block.attributes.get("iterator")
    name = source_of(node) if node is not None else block.labels[0]
    pairs = over.items() if isinstance(over, dict) else enumerate(over) if isinstance(over, list) else None
    for content in (inner for inner in block.blocks if inner.type == "content"):
        if pairs is None:
            yield values(content, scope)
            continue
        for key, value in pairs:
            known = value.value() if isinstance(value, Deferred) else value
            yield values(content, {**scope, name: {"key": key, "value": known}})


def _of_block(block: Block, module: str | None, given: Mapping[str, Any], path: str) -> Iterator[Resource]:
    """The resources of a building block of the platform, as far as its arguments show them."""

    def made(kind: str, found: dict[str, Any], argument: str) -> Resource:
        place = Place(block.file, block.line_of(argument))
        return Resource(f"{path}{kind}.default", kind, found, place, written=False)

    if module is None:
        return
    context = given.get("context")
    bus, prefix = (
        context.get(key) if isinstance(context, dict) else Unknown(key) for key in ("bus_name", "prefix")
    )
    name = given.get("name")
    full = f"{prefix}{name}" if isinstance(prefix, str) and isinstance(name, str) else Unknown("name")
    own = Unknown(f"{path}arn")
    if given.get("pattern") is not None:
        rule = {"name": full, "event_bus_name": bus, "event_pattern": given["pattern"]}
        yield made("aws_cloudwatch_event_rule", rule, "pattern")
        target = {"rule": full, "event_bus_name": bus, "arn": own, "dead_letter_config": [{"arn": own}]}
        yield made("aws_cloudwatch_event_target", target, "pattern")
    queue = given.get("queue")
    if isinstance(queue, dict) and queue.get("arn") is not None:
        mapping = {"event_source_arn": queue["arn"], "function_name": full}
        yield made("aws_lambda_event_source_mapping", mapping, "queue")
    allowed = given.get("policy_statements")
    if isinstance(allowed, dict):
        policy = {"role": full, "policy": {"Statement": _statements(allowed)}}
        yield made("aws_iam_role_policy", policy, "policy_statements")


def _statements(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy, from a building block's argument."""
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": part.get("actions"),
            "Resource": part.get("resources"),
            "Condition": part.get("conditions"),
        }
        for sid, part in given.items()
        if isinstance(part, dict)
    ]
