"""Resources with a tenant's tags or name prefix that no state knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from presso import aws, tenants
from presso.deployment import leftovers, run_log, state_files, tenant_resources
from presso.deployment.tenant_resources import Resource
from presso.workspace import Workspace


@dataclass
class Orphans:
    """What was found.

    Attributes:
        resources: In an order in which they can be deleted.
        denied: The tenants and types that AWS did not list, each with its error.
    """

    resources: list[Resource] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)


def find(workspace: Workspace, names: Collection[str] = ()) -> Orphans:
    """Return the resources that no state knows, of units on which no run works.

    Args:
        workspace: The checkout and its home.
        names: The tenants; by default all, and those in their accounts whose files are gone, by their tags.

    Raises:
        UsageError: There is no such tenant, or its file is wrong.
        PressoError: AWS rejects the credentials, or a state cannot be read.
    """
    for name in names:
        tenants.load(workspace, name)  # for the error
    declared = tenants.load_all(workspace, lambda name: not names or name in names)
    found = Orphans()
    asked = set()
    for tenant in declared.values():
        access = aws.access(workspace, tenant)
        each = leftovers.look(workspace, tenant, access)
        found.resources += each.unheld
        found.denied += [f"{tenant.name}: {text}" for text in each.denied]
        place = (access.account, access.session.region_name)
        if not names and place not in asked:
            asked.add(place)
            found.resources += _of_others(workspace, access, declared)
    found.resources = [one for one in found.resources if not run_log.in_use(one.unit.folder(workspace))]
    return found


def _of_others(workspace: Workspace, access: aws.Access, known: Collection[str]) -> Iterator[Resource]:
    """Yield the resources of tenants that have no file."""
    held = leftovers.held(state_files.texts(workspace))
    for name in sorted(tenant_resources.tenants_by_tags(access) - {*known}):
        yield from (one for one in tenant_resources.look(access, name).resources if one.key not in held)
