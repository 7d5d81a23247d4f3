"""At validate and plan every optional value and block may be unknown: no handler may trip over that."""

import contextlib
from typing import Any, cast

import pytest

from offline_aws import registry, schema
from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, ResourceError, Values
from offline_aws.resource import Plan

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
    prior = None if shape == "nothing before" else _values(block, None)
    for check in handler.checks:
        list(check(config))
    if handler.plan:
        with contextlib.suppress(ResourceError):  # refused is an answer too
            handler.plan(Plan(config=config, prior=prior, values={**config}, aws=NOWHERE))


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
