"""The checkout's own catalog, and a small checkout whose catalog and extensions tests may change."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from presso.catalog.events import Catalog
from presso.catalog.rules import Rules
from presso.workspace import Workspace

ORDERED = {
    "detail-type": "Bar.Ordered",
    "title": "Ordered",
    "summary": "Somebody ordered.",
    "when": "When somebody orders.",
    "producer": "Bar",
    "version": "1.0.0",
    "since": "0.1.0",
    "detail": {
        "type": "object",
        "required": ["orderId", "drink"],
        "properties": {
            "orderId": {"type": "string", "format": "uuid", "description": "The order's id."},
            "drink": {"type": "string", "description": "The drink.", "examples": ["Espresso"]},
        },
    },
    "examples": [
        {"title": "One", "detail": {"orderId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "drink": "Espresso"}}
    ],
}


@pytest.fixture(scope="session")
def workspace(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The real checkout, with a home of the tests' own."""
    return Workspace(checkout, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def catalog(workspace: Workspace) -> Catalog:
    """The real catalog."""
    return Catalog.load(workspace)


@dataclass
class Bench:
    """A small checkout."""

    workspace: Workspace

    def write(self, path: str, text: str) -> Path:
        """Write a file of it."""
        file = self.workspace.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def event(self, document: dict[str, Any]) -> None:
        """Write an event of the core."""
        name = document["detail-type"]
        self.write(f"modules/event-catalog/events/{name}.yaml", yaml.safe_dump(document, sort_keys=False))

    def extension(self, name: str, terraform: str, *, more: str = "", **sources: str) -> None:
        """Write an extension: its Terraform, more keys of its own file, and sources by file name."""
        self.write(f"extensions/{name}/main.tf", terraform)
        self.write(f"extensions/{name}/extension.yaml", f"name: {name}\n{textwrap.dedent(more)}")
        for file, text in sources.items():
            self.write(f"extensions/{name}/src/{file.replace('_dot_', '.')}", text)

    @property
    def catalog(self) -> Catalog:
        """Its catalog as it is now."""
        return Catalog.load(self.workspace)

    @property
    def rules(self) -> Rules:
        """Its rules as they are now."""
        return Rules.load(self.workspace)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A small checkout with the event Bar.Ordered and no extension."""
    small = Bench(Workspace(tmp_path / "checkout", tmp_path / "home"))
    (tmp_path / "checkout" / "tenants").mkdir(parents=True)
    small.event(ORDERED)
    return small
