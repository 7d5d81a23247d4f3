"""What the gate judges before an apply; apart from `judge`, whose checks a kept verdict does not need."""

from __future__ import annotations

from dataclasses import dataclass

from presso.gate.model import Facts
from presso.quotas import Quotas
from presso.units.unit_tree import UnitTree


@dataclass(frozen=True)
class Case:
    """An extension in a tenant.

    Args:
        tree: Its files.
        facts: The tenant and its settings.
        quotas: Its quotas.
    """

    tree: UnitTree
    facts: Facts
    quotas: Quotas
