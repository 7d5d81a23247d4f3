"""The whole catalog as presso gives it to the module: what is planned are the events' documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.openapi import complaints

from presso.catalog.events import Catalog
from presso.catalog.openapi import document
from presso.tenants import CatalogUse, Tenant
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.workspace import Workspace

NYC = Unit("nyc")


@pytest.fixture
def rendered(checkout: Path, tmp_path: Path) -> dict[str, Any]:
    """The call of the module in the unit of a tenant on aws."""
    tenant = Tenant(name="nyc", title="T", target="aws", catalog=CatalogUse(discovery=True))
    return dict(unit_folder.document(Workspace(checkout, tmp_path), NYC, tenant)["module"]["catalog"])


def test_every_event_of_the_core_is_planned_as_its_document(
    rendered: dict[str, Any], plan: Callable[..., Any], workspace: Path, checkout: Path, tmp_path: Path
) -> None:
    facts = {
        "name": "nyc",
        "region": "us-east-1",
        "account_id": "111111111111",
        "bus_name": "nyc",
        "bus_arn": "arn:aws:events:us-east-1:111111111111:event-bus/nyc",
    }
    module = {**rendered, "source": "./modules/event-catalog", "tenant": facts}
    (workspace / "main.tf.json").write_text(json.dumps({"module": {"catalog": module}}))
    planned = plan(workspace).resources
    catalog = Catalog.load(Workspace(checkout, tmp_path))
    core = [event for event in catalog.events if not event.extension]
    found = {
        values["name"]: json.loads(values["content"])
        for address, values in planned.items()
        if ".aws_schemas_schema." in address
    }
    assert found == {f"{event.source}@{event.name}": document(event, catalog.envelope) for event in core}
    assert 'module.catalog.aws_schemas_discoverer.default["default"]' in planned
    assert [complaints(content) for content in found.values()] == [[]] * len(found)
