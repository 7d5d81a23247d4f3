"""Unmanaged resources: they have a tenant's tags or name prefix, and no state has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from presso import aws_access, tenants
from presso.aws_access import Access
from presso.deployment import run_log, state_files, state_text, tenant_resources
from presso.deployment.tenant_resources import TenantResource
from presso.errors import PressoError
from presso.tenants import Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass
class Unmanaged:
    """The resources of tenants, or of one unit.

    Attributes:
        resources: Those that no state has, in an order in which they can be deleted.
        denied: The types that AWS did not list, each with its error.
        managed: The others, where they are asked for.
    """

    resources: list[TenantResource] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    managed: list[TenantResource] = field(default_factory=list)


def find_unmanaged(workspace: Workspace, names: Collection[str] = ()) -> Unmanaged:
    """Return the resources that no state has, of units on which no run works.

    Args:
        names: The tenants; by default all, and those in their accounts whose files are gone, by their tags.

    Raises:
        UsageError: There is no such tenant, or its file is wrong.
        PressoError: AWS rejects the credentials, or a state cannot be read.
    """
    for name in names:
        tenants.load(workspace, name)  # for the error
    declared = tenants.load_all(workspace, lambda name: not names or name in names)
    found = Unmanaged()
    asked = set()
    for tenant in declared.values():
        access = aws_access.access(workspace, tenant)
        each = of_tenant(workspace, tenant, access)
        found.resources += each.resources
        found.denied += [f"{tenant.name}: {text}" for text in each.denied]
        place = (access.account, access.session.region_name)
        if not names and place not in asked:
            asked.add(place)
            found.resources += _of_others(workspace, access, declared)
    found.resources = [one for one in found.resources if not run_log.in_use(one.unit.folder(workspace))]
    return found


def managed(states: Mapping[Unit, str]) -> dict[tuple[str, str], Unit]:
    """Return which unit's state has a resource, by the resource's `key`.

    Args:
        states: The texts of states.

    Raises:
        ValueError: A text is not a state.
    """
    found = {}
    for unit, text in states.items():
        for kind, instance in state_text.instances(text):
            found[tenant_resources.key(kind, str((instance.get("attributes") or {}).get("id")))] = unit
    return found


def of_tenant(workspace: Workspace, tenant: Tenant, access: Access, unit: Unit | None = None) -> Unmanaged:
    """Return the resources of a tenant, or of one of its units.

    Raises:
        PressoError: AWS rejects the credentials, or a state cannot be read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    known = managed(state_files.texts(workspace, [tenant]))
    try:
        found = tenant_resources.look(access, tenant.name)
    except (BotoCoreError, ClientError) as error:
        raise PressoError(f"The resources of {tenant.name} cannot be listed: {error}") from error
    ours = [each for each in found.resources if unit is None or each.unit == unit]
    return Unmanaged(
        [each for each in ours if each.key not in known],
        found.denied,
        [each for each in ours if each.key in known],
    )


def _of_others(workspace: Workspace, access: Access, known: Collection[str]) -> Iterator[TenantResource]:
    """Yield the resources of tenants that have no file."""
    in_states = managed(state_files.texts(workspace))
    for name in sorted(tenant_resources.tenants_by_tags(access) - {*known}):
        yield from (one for one in tenant_resources.look(access, name).resources if one.key not in in_states)
