"""A tenant's registry has the core's events, and those of its own extensions in their own versions."""

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from tests.presso.conftest import ORDERED

from presso.aws_limits import SCHEMA_DESCRIPTION
from presso.catalog.events import Catalog
from presso.catalog.generation import generated
from presso.catalog.registry import schema_name, schemas
from presso.catalog.schema_conversion import DRAFT_4
from presso.errors import UsageError
from presso.tenants import CatalogUse, ExtensionUse, Tenant
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

CORE = "awsserverlessda.serverlesspresso@Bar.Ordered"
COUNTED = "serverlesspresso.extension.counter@Bar.Counted"


@pytest.fixture
def counter(bench: "Bench") -> "Bench":
    """The small checkout, with the extensions counter and other, which emit an event each."""
    bench.write(
        "modules/event-catalog/envelope.yaml", "{type: object, properties: {detail-type: {}, source: {}}}"
    )
    for name, event in (("counter", "Counted"), ("other", "Othered")):
        emits = f"emits: [{{detail-type: Bar.{event}, schema: {{type: object, description: First.}}}}]\n"
        bench.extension(name, "", more=emits)
    return bench


def _tenant(*extensions: ExtensionUse, target: str = "aws") -> Tenant:
    return Tenant(name="nyc", title="T", target=target, catalog=CatalogUse(), extensions=list(extensions))


def test_the_core_and_the_tenants_own_extensions_are_in_it(counter: "Bench") -> None:
    assert list(schemas(counter.workspace, _tenant())) == [CORE]
    made = schemas(counter.workspace, _tenant(ExtensionUse(name="counter")))
    assert list(made) == [CORE, COUNTED]
    document = json.loads(made[COUNTED]["content"])
    assert document["components"]["schemas"]["AWSEvent"]["x-amazon-events-detail-type"] == "Bar.Counted"
    assert made[COUNTED]["description"] == "First."


def test_the_other_language_is_json_schema_draft_4(catalog: Catalog, workspace: Workspace) -> None:
    tenant = Tenant(name="nyc", title="T", catalog=CatalogUse(type="JSONSchemaDraft4"))
    made = schemas(workspace, tenant)
    for event in (event for event in catalog.events if not event.extension):
        said = made[schema_name(event)]
        content = json.loads(said["content"])
        assert (said["type"], content["$schema"]) == ("JSONSchemaDraft4", DRAFT_4)
        validator = jsonschema_rs.Draft4Validator(content)
        for sample in (*event.samples(), *generated(event, 10, seed=2)):
            assert [error.message for error in validator.iter_errors(sample)] == []
            assert not validator.is_valid({**sample, "source": "another.source"})
            assert not validator.is_valid({**sample, "detail": {}})


@pytest.mark.slow
def test_a_pinned_extension_has_the_events_of_its_version(counter: "Bench") -> None:
    root = counter.workspace.root
    git = ["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "First"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    counter.extension("counter", "", more="emits: [{detail-type: Bar.New, schema: {type: object}}]\n")
    pinned = schemas(counter.workspace, _tenant(ExtensionUse(name="counter", version="v1")))
    assert list(pinned) == [CORE, COUNTED]
    now = schemas(counter.workspace, _tenant(ExtensionUse(name="counter")))
    assert list(now) == [CORE, COUNTED.replace("Counted", "New")]


def test_what_a_name_or_a_description_cannot_hold_is_left_out(counter: "Bench") -> None:
    event = Catalog.load(counter.workspace).find("Bar.Ordered")
    assert (
        schema_name(replace(event, source="my.source", name="Order placed (now)"))
        == "my.source@OrderPlacedNow"
    )
    counter.event({**ORDERED, "summary": "word " * 100})
    description = schemas(counter.workspace, _tenant())[CORE]["description"]
    assert len(description) == SCHEMA_DESCRIPTION
    assert description.endswith("…")


def test_two_events_of_one_name_are_refused(counter: "Bench") -> None:
    counter.event({**ORDERED, "detail-type": "Bar.Is open"})
    counter.event({**ORDERED, "detail-type": "Bar.IsOpen"})
    with pytest.raises(UsageError, match="Two events would be called"):
        schemas(counter.workspace, _tenant())


def test_a_platform_on_aws_has_the_module_and_a_local_one_has_not(counter: "Bench") -> None:
    nyc = Unit("nyc")
    module = unit_folder.document(counter.workspace, nyc, _tenant())["module"]["catalog"]
    assert module["source"].endswith("/modules/event-catalog")
    assert (list(module["schemas"]), module["discovery"]) == ([CORE], False)
    assert "catalog" not in unit_folder.document(counter.workspace, nyc, _tenant(target="local"))["module"]
