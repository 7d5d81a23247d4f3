"""Files that people write, broken in every way: each reader gives a result or one error in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.inputs import (
    DEFAULTS,
    EVENT,
    EXTENSION,
    MAIN,
    ON_AWS,
    PLATFORM,
    SCENARIO,
    SCHEMA,
    TENANT,
    expected_errors,
    fuzzed,
    mutated,
)

from presso import extensions, platform_settings, tenants
from presso.catalog import rules
from presso.catalog.changes import catalog_changes
from presso.catalog.events import Catalog
from presso.catalog.exports.export_scope import Scope
from presso.catalog.generation import generated
from presso.demo import story
from presso.presenters.tenant_settings import show_tenant
from presso.presenters.validation import entry_faults
from presso.simulation import extension_events, scenario_check, scenarios
from presso.units import unit_folder
from presso.units.unit import declared
from presso.workspace import Workspace

pytestmark = pytest.mark.slow


@fuzzed
@given(raw=mutated([TENANT.encode(), ON_AWS.encode()]), shared=st.none() | mutated([DEFAULTS.encode()]))
def test_tenants(small: Workspace, raw: bytes, shared: bytes | None) -> None:
    (small.tenants / "nyc" / "tenant.yaml").write_bytes(raw)
    defaults = small.tenants / "defaults.yaml"
    defaults.unlink(missing_ok=True) if shared is None else defaults.write_bytes(shared)
    with expected_errors():
        show_tenant(*tenants.read(small, "nyc"), json_wanted=shared is None)
        tenant = tenants.load_all(small)["nyc"]
        for unit in declared([tenant]):
            made = unit_folder.document(small, unit, tenant)
            json.dumps(made, allow_nan=False).encode()


@fuzzed
@given(raw=mutated([EXTENSION.encode()]), schema=st.none() | mutated([SCHEMA.encode(), EVENT.encode()]))
def test_extensions(small: Workspace, raw: bytes, schema: bytes | None) -> None:
    folder = small.extensions / "cups"
    (folder / "extension.yaml").write_bytes(raw)
    (folder / "empty.json").write_bytes(SCHEMA.encode() if schema is None else schema)
    with expected_errors():
        extensions.load(small, "cups")
    with expected_errors():
        _everything(Catalog.load(small))
        Scope.of(small, [])
        day = scenarios.load(small.root / "modules" / "event-player" / "scenarios" / "day.json")
        extension_events.added(small, day, ["all"])


@fuzzed
@given(raw=mutated([PLATFORM.encode()]))
def test_settings_of_a_platform(small: Workspace, raw: bytes) -> None:
    (small.root / platform_settings.FILE).write_bytes(raw)
    with expected_errors():
        settings = platform_settings.load(small)
        story.own(small, settings)
        _everything(Catalog.load(small))
        tenant = tenants.load_all(small)["nyc"]
        for unit in declared([tenant]):
            json.dumps(unit_folder.document(small, unit, tenant), allow_nan=False).encode()


@fuzzed
@given(raw=mutated([EVENT.encode()]))
def test_events_of_the_catalog(small: Workspace, raw: bytes) -> None:
    (small.root / "modules" / "event-catalog" / "events" / "Bar.Ordered.yaml").write_bytes(raw)
    with expected_errors():
        _everything(Catalog.load(small))


def _everything(catalog: Catalog) -> None:
    """What the commands make of a catalog that was read."""
    for event in catalog.events:
        json.dumps(event.as_json(), allow_nan=False).encode()
        entry_faults(catalog, event)
        with expected_errors():
            list(generated(event, 2, seed=1))
    assert list(catalog_changes(catalog, catalog)) == []


@fuzzed
@given(raw=mutated([SCENARIO.encode()]))
def test_scenarios(small: Workspace, raw: bytes) -> None:
    path = small.root / "modules" / "event-player" / "scenarios" / "day.json"
    path.write_bytes(raw)
    with expected_errors():
        day = scenarios.load(path)
        scenarios.dumps(day).encode()
        scenarios.counts(day.events)
        scenario_check.check_files(small)


@fuzzed
@given(raw=mutated([MAIN.encode()]))
def test_hcl(small: Workspace, raw: bytes) -> None:
    (small.extensions / "cups" / "main.tf").write_bytes(raw)
    with expected_errors():
        found = rules.Rules.load(small)
        catalog = Catalog.load(small)
        for rule in found.rules:
            json.dumps(rule.as_json(), allow_nan=False).encode()
        for event in catalog.events:
            found.taking(event)
