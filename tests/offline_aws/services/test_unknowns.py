"""At validate and plan every optional value and block may be unknown: no handler may trip over that."""

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from offline_aws import registry, schema
from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, ResourceError, Values
from offline_aws.resource import Plan, ResourceHandler

AWS = schema.load("aws")
NOWHERE = cast(Aws, None)  # planning must not ask AWS


def _values(block: dict[str, Any], optional: Any) -> Values:
    """Required attributes unknown, optional ones as given, blocks with one element of each."""
    found = {
        name: None
        if not spec.get("required") and not spec.get("optional")
        else UNKNOWN
        if spec.get("required")
        else optional
        for name, spec in block.get("attributes", {}).items()
    }
    for name, spec in block.get("block_types", {}).items():
        inner = _values(spec["block"], optional)
        found[name] = inner if spec["nesting_mode"] == "single" else [inner]
    return found


def _stored(block: dict[str, Any]) -> Values:
    """Required attributes have a value of their type, optional ones none, blocks one element of each."""
    kinds: dict[str, Any] = {"string": "a", "number": 1, "bool": False, "map": {}}
    found: Values = {}
    for name, spec in block.get("attributes", {}).items():
        kind = spec["type"] if isinstance(spec["type"], str) else spec["type"][0]
        found[name] = kinds.get(kind, []) if spec.get("required") else None
    for name, spec in block.get("block_types", {}).items():
        inner = _stored(spec["block"])
        found[name] = inner if spec["nesting_mode"] == "single" else [inner]
    return found


def _without_blocks(block: dict[str, Any]) -> Values:
    return {**_values(block, UNKNOWN), **dict.fromkeys(block.get("block_types", {}), UNKNOWN)}


@pytest.mark.parametrize("name", list(AWS.resources))
@pytest.mark.parametrize("shape", ["set", "null", "blocks unknown", "nothing before"])
def test_a_plan_may_be_unknown(name: str, shape: str) -> None:
    handler = registry.resource(name)
    if handler is None:
        return
    block = AWS.resources[name]["block"]
    config = _without_blocks(block) if shape == "blocks unknown" else _values(block, UNKNOWN)
    if shape == "null":
        config = _values(block, None)
    _plan(handler, config, None if shape == "nothing before" else _values(block, None))


def _plan(handler: ResourceHandler, config: Values, prior: Values | None) -> None:
    for check in handler.checks:
        list(check(config))
    if handler.plan:
        with contextlib.suppress(ResourceError):  # refused is an answer too
            handler.plan(Plan(config=config, prior=prior, values={**config}, aws=NOWHERE))


def _inner(block: dict[str, Any], config: Values) -> Iterator[tuple[str, Values, str, list[Any]]]:
    """Yield each block in a configuration that has one of each: its path, what it is in, its name, and what
    it may be instead."""
    for name, spec in block.get("block_types", {}).items():
        absent = [] if spec.get("min_items") else [None if spec["nesting_mode"] == "single" else []]
        yield name, config, name, [UNKNOWN, *absent]
        element = config[name] if spec["nesting_mode"] == "single" else config[name][0]
        for path, *found in _inner(spec["block"], element):
            yield f"{name}.{path}", *found


@pytest.mark.parametrize("optional", [UNKNOWN, None], ids=["beside unknown values", "beside none"])
def test_a_block_inside_another_may_be_unknown_or_absent(optional: Any) -> None:
    failures = []
    for name in AWS.resources:
        handler, block = registry.resource(name), AWS.resources[name]["block"]
        if handler is None or not (handler.checks or handler.plan):
            continue
        config = _values(block, optional)
        for path, place, inner, others in _inner(block, config):
            whole = place[inner]
            for instead in others:
                place[inner] = instead
                try:
                    _plan(handler, config, _stored(block))
                except Exception as error:
                    failures.append(f"{name}: {path} {instead}: {error!r}")
            place[inner] = whole
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", list(AWS.resources))
def test_every_path_in_a_handlers_tables_is_in_the_schema(name: str) -> None:
    handler = registry.resource(name)
    if handler is None:
        return
    tables = {
        *handler.defaults,
        *handler.validators,
        *handler.equivalent,
        *handler.normalise,
        *handler.computed,
        *handler.recomputed,
        *handler.stored_only,
        *handler.required_with,
        *(path for group in (*handler.conflicts, *handler.exactly_one_of) for path in group),
    }
    assert [path for path in sorted(tables) if not _exists(AWS.resources[name]["block"], path)] == []


@pytest.mark.parametrize("name", list(AWS.data_sources))
def test_every_path_in_a_data_sources_tables_is_in_the_schema(name: str) -> None:
    handler = registry.data_source(name)
    if handler is None:
        return
    tables = {*handler.defaults, *handler.validators, *(p for group in handler.exactly_one_of for p in group)}
    assert [path for path in sorted(tables) if not _exists(AWS.data_sources[name]["block"], path)] == []


def _exists(block: dict[str, Any], path: str) -> bool:
    first, _, rest = path.partition(".")
    if rest:
        nested = block.get("block_types", {}).get(first)
        return nested is not None and _exists(nested["block"], rest)
    return first in block["attributes"] or first in block.get("block_types", {})
