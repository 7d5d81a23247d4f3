"""A renamed tenant: its resources' names begin with its name, so it would be destroyed and created anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from presso.deployment import state_files
from presso.deployment.confirmed import ConfirmedStates
from presso.errors import PressoError
from presso.tenants import Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace


def refuse(
    workspace: Workspace,
    tenants: Mapping[str, Tenant],
    deployed: Collection[Unit],
    orphaned: Collection[Unit],
) -> None:
    """Refuse to destroy a tenant whose title another one, which is not deployed, has now.

    Args:
        tenants: The declared ones by name.
        deployed: All deployed units.
        orphaned: Those of them that no tenant's file lists.

    Raises:
        PressoError: Names both, the reason and the way.
    """
    there = {unit.tenant for unit in deployed}
    new = {tenant.title: tenant for tenant in tenants.values() if tenant.name not in there}
    gone = [unit for unit in sorted(orphaned) if unit.is_platform and unit.tenant not in tenants]
    for unit in gone if new else ():
        bucket = state_files.bucket_of(workspace, unit, None)
        confirmed = ConfirmedStates(workspace, unit, bucket).read()
        if confirmed and (tenant := new.get(confirmed.title)):
            raise PressoError(
                f"tenants/{tenant.name}/tenant.yaml has the title of {unit}, which is deployed and whose "
                "file is gone. A tenant cannot be renamed, because its resources' names begin with its name: "
                f"{unit} would be destroyed with its data, and {tenant.name} created.",
                hint=f"Keep the name {unit}; its title may change. To start anew: "
                f"presso destroy {unit} --with-extensions, then presso apply --all.",
            )
