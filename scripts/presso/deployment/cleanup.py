"""Deletes unmanaged resources that runs which were cut short have left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from presso.aws_access import Access
from presso.deployment import run_log, tenant_resources, unfinished, unmanaged
from presso.deployment.outcome import Outcome
from presso.deployment.state_lock import Lock
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.tenant_resources import TenantResource
from presso.errors import PressoError
from presso.tenants import Tenant
from presso.units import state_bucket, unit_folder
from presso.units.unit import Unit
from presso.workspace import Workspace


def remove(access: Access, resources: Iterable[TenantResource]) -> list[str]:
    """Delete resources that have their unit's tags; return why some could not be deleted.

    Raises:
        PressoError: AWS does not respond.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    faults = []
    for each in resources:
        try:
            if each.marked:
                tenant_resources.remove(access, each)
        except ClientError as error:
            faults.append(f"{each.kind.type} {each.name}: {error}")
        except BotoCoreError as error:
            raise PressoError(f"{each.kind.type} {each.name} cannot be deleted: {error}") from error
    return faults


def before_destroy(
    workspace: Workspace, unit: Unit, tenant: Tenant | None, environment: TargetEnvironment
) -> int:
    """Delete what earlier runs of a unit have left in no state, as far as it can be; return how many.

    What prevents AWS from deleting the unit's other resources goes too, such as a rule's targets: the state
    may not hold it.

    Raises:
        PressoError: AWS rejects the credentials, or does not respond, or another run works on the unit.
    """
    with unit_folder.locked(unit.folder(workspace)), _locked(unit, tenant) as holder:
        if holder:
            raise PressoError(
                f"{holder}.",
                hint="Wait for that run to end, then run the same command again. "
                f"If that run is dead: presso state unlock {unit}",
            )
        refuse_in_use(workspace, unit)
        access = environment.access(tenant) if tenant else None
        if not tenant or not access:
            return 0
        found = unmanaged.of_tenant(workspace, tenant, access, unit)
        for each in found.managed:
            tenant_resources.empty(access, each)
        ours = [each for each in found.resources if each.marked]
        return len(ours) - len(remove(access, ours))


@contextlib.contextmanager
def _locked(unit: Unit, tenant: Tenant | None) -> Iterator[Lock | None]:
    """Hold a unit's state in a bucket: what a run elsewhere has just created is in no state either.

    Yields:
        The lock of the run that holds it; None where that is this one, or the state is on this machine.
    """
    if tenant is None or tenant.state is None:
        yield None
        return
    with state_bucket.locked(tenant.state, unit, "OperationTypeDestroy") as is_held:
        yield None if is_held else Lock.of(unit, state_bucket.lock(tenant.state, unit) or {})


def refuse_in_use(workspace: Workspace, unit: Unit) -> None:
    """Refuse a unit on which another run works.

    Raises:
        PressoError: There is one.
    """
    if run_log.in_use(unit.folder(workspace)):
        raise PressoError(
            f"{unit}: another run works on it.",
            hint="Wait for that run to end, then run the same command again.",
        )


def after(
    workspace: Workspace,
    unit: Unit,
    tenant: Tenant | None,
    environment: TargetEnvironment,
    began: int | None,
    outcome: Outcome,
) -> None:
    """Forget that a unit had unfinished runs once it is complete, or add to the outcome what they have left.

    Args:
        tenant: Its tenant; None where its file is gone.
        environment: The tenant's.
        began: When this run began to change the unit; None if it did not.
        outcome: Of this run.

    Raises:
        PressoError: AWS rejects the credentials, or does not respond.
    """
    if outcome.bad or began is None:
        return
    if not unfinished.before(workspace, unit, began):
        unfinished.end(workspace, unit, began)
        return
    with unit_folder.locked(unit.folder(workspace)), _locked(unit, tenant) as holder:
        if not holder and not run_log.in_use(unit.folder(workspace)):
            _end(workspace, unit, tenant, environment, began, outcome)


def _end(
    workspace: Workspace,
    unit: Unit,
    tenant: Tenant | None,
    environment: TargetEnvironment,
    began: int,
    outcome: Outcome,
) -> None:
    access = environment.access(tenant) if tenant else None
    if tenant and access:
        ours = [
            each for each in unmanaged.of_tenant(workspace, tenant, access, unit).resources if each.marked
        ]
        faults = remove(access, ours) if outcome.result in ("destroyed", "absent") else []
        left = faults if outcome.result in ("destroyed", "absent") else [each.name for each in ours]
        if left:
            outcome.hint = f"An earlier run has left what no state holds: {', '.join(left)}. " + (
                f"For the commands that delete it: presso unmanaged {unit.tenant}"
            )
            return
    unfinished.end(workspace, unit, began)
