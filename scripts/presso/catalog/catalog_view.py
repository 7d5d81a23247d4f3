"""The catalog with the rules that it is read with."""

from __future__ import annotations

from dataclasses import dataclass

from presso.catalog.events import Catalog
from presso.catalog.rules import Rules


@dataclass(frozen=True)
class CatalogView:
    """The catalog and the rules that it is read with: those in the checkout, or a tenant's deployed ones."""

    catalog: Catalog
    rules: Rules

    @property
    def producers(self) -> list[str]:
        """All producers."""
        return sorted({event.producer for event in self.catalog.events})

    @property
    def participants(self) -> list[str]:
        """All producers and consumers."""
        return sorted({*self.producers, *(rule.owner for rule in self.rules.rules)})
