"""What a command on all units does with each: decided from fingerprints and states, before anything runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from presso.deployment import unfinished
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.outcome import Change
from presso.deployment.unit_selection import Selection
from presso.errors import PressoError
from presso.interruption import Interruption
from presso.tenants import Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace

_AT_A_TIME = 16  # calls to a bucket


@dataclass(frozen=True)
class Decision:
    """What to do with a unit.

    Args:
        unit: The unit.
        change: `update` is a unit that is deployed and whose plan may have changes.
        why: What changed since its last apply, for messages.
    """

    unit: Unit
    change: Change
    why: tuple[str, ...] = ()


def of(
    workspace: Workspace, selection: Selection, fingerprints: Fingerprints, interruption: Interruption
) -> list[Decision]:
    """Return the decision on each unit, in the order of the selection; after an interruption on fewer.

    Args:
        fingerprints: Of this command.
        interruption: Checked before each unit.
    """
    unsure = {*unfinished.units(workspace)}

    def decide(unit: Unit) -> Decision | None:
        if interruption.requested:
            return None
        tenant = selection.tenants.get(unit.tenant)
        if tenant is None or unit in selection.orphaned:
            return Decision(unit, "destroy", ("not in its tenant.yaml",))
        if unit in unsure:
            return Decision(unit, "update", ("a run on it has not ended well",))
        return _of_declared(workspace, unit, tenant, selection, fingerprints)

    if any(tenant.state for tenant in selection.tenants.values()):
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            found = list(pool.map(decide, selection.units))
    else:
        found = list(map(decide, selection.units))
    return [decision for decision in found if decision is not None]


def _of_declared(
    workspace: Workspace, unit: Unit, tenant: Tenant, selection: Selection, fingerprints: Fingerprints
) -> Decision:
    records = ConfirmedStates(workspace, unit, tenant.state)
    try:
        confirmed, state = records.read(), records.state()
    except PressoError:  # the run reports it
        return Decision(unit, "update", ("its state cannot be read",))
    if state is None and unit not in selection.deployed:
        return Decision(unit, "create", ("not deployed",))
    fingerprint = fingerprints.of(unit, tenant)
    if fingerprint is None:
        return Decision(unit, "update", ("an input is known only when Terraform runs",))
    if confirmed is None:
        return Decision(unit, "update", ("no apply has confirmed its state",))
    changed = fingerprint.changed(confirmed.inputs)
    if state != confirmed.state:
        changed.insert(0, "state")
    return Decision(unit, "update" if changed else "unchanged", tuple(changed))
