"""Events with schemas of every shape, and the code of all events."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from presso.catalog.bindings import generate
from presso.catalog.events import Catalog, CatalogEvent, Example
from presso.catalog.schemas import DIALECT

SHAPES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "resources" / "schemas.yaml").read_text(encoding="utf-8")
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


@pytest.fixture(scope="session")
def python_code(everything: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package `events` with the code of all events."""
    folder = tmp_path_factory.mktemp("python") / "events"
    folder.mkdir()
    for name, text in generate(everything, everything.names, "python").items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def package(python_code: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, imported; forgotten afterwards."""
    monkeypatch.syspath_prepend(str(python_code.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield import_module("events")
    for name in [name for name in sys.modules if name.split(".")[0] == "events"]:
        del sys.modules[name]


@pytest.fixture
def class_of(package: ModuleType) -> Callable[[CatalogEvent], Any]:
    """An event's class."""
    from presso.catalog.openapi import component

    return lambda event: getattr(package, component(event))
