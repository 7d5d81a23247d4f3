"""Every handler's tables name what the schema has; every type has a handler, or is known to lack one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offline_aws import registry, schema
from offline_aws.resource import DataSourceHandler, ResourceHandler

AWS = schema.load("aws")
MANAGED = sorted(name for name in AWS.resources if registry.resource(name))
DATA = sorted(name for name in AWS.data_sources if registry.data_source(name))


def paths(block: dict[str, Any], before: str = "") -> Iterator[str]:
    yield from (f"{before}{name}" for name in block.get("attributes", {}))
    for name, nested in block.get("block_types", {}).items():
        yield f"{before}{name}"
        yield from paths(nested["block"], f"{before}{name}.")


def named(handler: ResourceHandler | DataSourceHandler) -> set[str]:
    """All paths in the tables of a handler."""
    groups = [*handler.conflicts, *handler.exactly_one_of, *handler.at_least_one_of]
    found = {*handler.defaults, *handler.validators, *handler.required_with}
    found |= {path for group in [*groups, *handler.required_with.values()] for path in group}
    if isinstance(handler, ResourceHandler):
        found |= {*handler.equivalent, *handler.normalise, *handler.computed}
        found |= {*handler.recomputed, *handler.stored_only}
        found |= {path for causes in handler.recomputed.values() for path in causes if path != "*"}
    return found


@pytest.mark.parametrize("name", MANAGED)
def test_a_types_tables_name_what_its_schema_has(name: str) -> None:
    handler = registry.resource(name)
    assert handler is not None
    assert named(handler) - set(paths(AWS.resources[name]["block"])) == set()


@pytest.mark.parametrize("name", DATA)
def test_a_data_sources_tables_name_what_its_schema_has(name: str) -> None:
    handler = registry.data_source(name)
    assert handler is not None
    assert named(handler) - set(paths(AWS.data_sources[name]["block"])) == set()


@pytest.mark.parametrize("name", sorted(AWS.ephemeral))
def test_an_ephemeral_resource_has_a_handler_whose_tables_name_what_its_schema_has(name: str) -> None:
    handler = registry.ephemeral(name)
    assert handler is not None
    assert named(handler) - set(paths(AWS.ephemeral[name]["block"])) == set()


@pytest.mark.parametrize("name", MANAGED)
def test_what_the_behaviour_table_lists_is_in_the_schema(name: str) -> None:
    behaviour = AWS.behaviour.get(name, {})
    known = set(paths(AWS.resources[name]["block"]))
    assert {*behaviour.get("replace", ()), *behaviour.get("computed_blocks", ())} - known == set()


def test_every_file_that_the_registry_names_is_for_a_known_type() -> None:
    known = [schema.load(name) for name in schema.VERSIONS]
    names = {name for each in known for name in (*each.resources, *each.data_sources)}
    assert all(any(name.startswith(prefix) for name in names) for prefix in registry.SERVICES)


def test_an_unknown_type_has_no_handler() -> None:
    assert registry.resource("aws_instance") is None
    assert registry.data_source("aws_sqs_nothing") is None


@pytest.mark.parametrize("provider", sorted(schema.VERSIONS.keys() - {"aws"}))
def test_every_type_of_a_companion_has_a_handler_whose_tables_name_what_its_schema_has(provider: str) -> None:
    found = schema.load(provider)
    for kinds, handler_of in (
        (found.resources, registry.resource),
        (found.data_sources, registry.data_source),
        (found.ephemeral, registry.ephemeral),
    ):
        for name, spec in kinds.items():
            handler = handler_of(name)
            assert handler is not None
            assert named(handler) - set(paths(spec["block"])) == set()


WITHOUT: dict[str, str] = {}
"""Types without a handler, each with the reason. What the emulator lacks has one, which fails at apply."""


def test_every_type_of_the_schema_has_a_handler() -> None:
    assert {name for name in AWS.resources if registry.resource(name) is None} == set(WITHOUT)


def test_every_data_source_of_the_schema_has_a_handler() -> None:
    assert [name for name in AWS.data_sources if registry.data_source(name) is None] == []


def test_what_the_emulator_lacks_is_known_by_name() -> None:
    lacking = {name: handler.emulator_lacks for name in MANAGED if (handler := registry.resource(name))}
    assert {name: service for name, service in lacking.items() if service} == {
        "aws_schemas_discoverer": "EventBridge Schemas",
        "aws_schemas_registry": "EventBridge Schemas",
        "aws_schemas_schema": "EventBridge Schemas",
    }
