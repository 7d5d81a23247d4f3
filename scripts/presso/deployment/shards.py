"""Shards: the changed units of a fleet, divided among machines that take about equally long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from presso.deployment import decisions, forecast
from presso.deployment.decisions import Decision
from presso.deployment.runs import Runs
from presso.units.unit import Unit

_UNKNOWN = 30.0  # seconds of a unit, where none has been run yet


@dataclass
class Shard:
    """The units for one machine: all changed ones of some tenants, since extensions need their platforms.

    Args:
        apply: Those to apply.
        destroy: Those that no tenant's file lists any more.
        seconds: How long they will probably take, one after the other.
    """

    apply: list[Unit] = field(default_factory=list)
    destroy: list[Unit] = field(default_factory=list)
    seconds: float = 0.0


def of_run(run: Runs, most: int) -> list[Shard]:
    """Return the shards of an apply on all units, as far as they have changed.

    Tenants whose file is wrong have one of their own, which fails: it stops no others.
    """
    found = decisions.of(run.workspace, run.selection, run.fingerprints, run.interruption)
    changed = [decision for decision in found if decision.change != "unchanged"]
    known = forecast.durations(run.workspace, "apply")
    broken = [Unit(name) for name in run.selection.broken]
    expected = forecast.expected([each.unit for each in changed], known)
    shards = divided(changed, expected, max(1, most - bool(broken)))
    return [*shards, *([Shard(broken)] if broken else [])]


def divided(changed: Sequence[Decision], seconds: Mapping[Unit, float], most: int) -> list[Shard]:
    """Return at most so many shards; the tenant that takes longest goes first, each to the emptiest shard.

    Args:
        changed: What to do with the changed units.
        seconds: How long each will probably take.
    """
    tenants: dict[str, Shard] = {}
    for each in changed:
        of_tenant = tenants.setdefault(each.unit.tenant, Shard())
        (of_tenant.destroy if each.change == "destroy" else of_tenant.apply).append(each.unit)
        of_tenant.seconds += seconds.get(each.unit, _UNKNOWN)
    shards = [Shard() for _ in range(min(most, len(tenants)))]
    for of_tenant in sorted(tenants.values(), key=lambda shard: -shard.seconds):
        emptiest = min(shards, key=lambda shard: shard.seconds)
        emptiest.apply += of_tenant.apply
        emptiest.destroy += of_tenant.destroy
        emptiest.seconds += of_tenant.seconds
    return shards
