"""Events with schemas of every shape, and the code of all events."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from event_patterns.schemas import DIALECT
from presso.catalog.events import Catalog, CatalogEvent, Example

SHAPES: dict[str, Any] = yaml.load(
    (Path(__file__).parents[1] / "resources" / "schemas.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)


def shaped(name: str) -> CatalogEvent:
    """An event whose detail has one of the shapes."""
    shape = SHAPES[name]
    return CatalogEvent(
        name=f"Shape.{name}",
        title=f'{name}, or "{name}" with a \\ and """',
        summary=f"An event with {name}.",
        when="In tests.",
        producer="Shape",
        source="shape",
        version="1.0.0",
        since="0.1.0",
        deprecated="",
        schema={"$schema": DIALECT, "type": "object", **shape["schema"]},
        examples=tuple(Example(str(number), detail) for number, detail in enumerate(shape["valid"])),
        file="schemas.yaml",
    )


@pytest.fixture(scope="session")
def everything(catalog: Catalog) -> Catalog:
    """The real catalog's events and one of every shape."""
    return Catalog((*catalog.events, *map(shaped, SHAPES)), catalog.envelope, catalog.producers)
