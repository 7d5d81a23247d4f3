"""A tenant's resources in its account, listed by type: what has the tenant's name prefix, or its tags."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from presso.aws_access import Access
from presso.deployment.listable_types import TYPES, ListableType
from presso.units.unit import Unit

_AT_A_TIME = 8


@dataclass(frozen=True)
class TenantResource:
    """A resource in a tenant's account.

    Args:
        kind: Its type.
        name: Its name.
        id: Terraform's id.
        unit: The unit that it belongs to.
        marked: Whether it has the tags of that unit; for a type without tags, its prefix is enough.
    """

    kind: ListableType
    name: str
    id: str
    unit: Unit
    marked: bool

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in states."""
        return key(self.kind.type, self.id)

    @property
    def command(self) -> str:
        """The command that deletes it."""
        note = f"  # {self.kind.note}" if self.kind.note else ""
        return self.kind.deletion.command(self.name, self.id) + note


@dataclass(frozen=True)
class TenantListing:
    """The result of a listing.

    Args:
        resources: In an order in which they can be deleted.
        denied: The types that AWS did not list, each with its error.
    """

    resources: list[TenantResource]
    denied: list[str]


def key(kind: str, identifier: str) -> tuple[str, str]:
    """Return what identifies a resource in states; the host in a queue's URL may change."""
    if kind == "aws_sqs_queue":
        return kind, "/".join(identifier.rsplit("/", 2)[-2:])
    return kind, identifier


def look(access: Access, tenant: str) -> TenantListing:
    """List a tenant's resources."""
    from botocore.exceptions import ClientError

    for kind in TYPES:
        access.client(kind.deletion.service)  # clients must not be created in threads

    def listed(kind: ListableType) -> list[TenantResource] | str:
        try:
            return [
                _resource(access, kind, name, identifier, unit)
                for name, identifier in kind.listed(access, tenant)
                if (unit := Unit.owning(tenant, name))
            ]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return [] if "NotFound" in code else f"{kind.type}: {code}"

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = list(pool.map(listed, TYPES))
    return TenantListing(
        [each for part in found if not isinstance(part, str) for each in part],
        [part for part in found if isinstance(part, str)],
    )


def tenants_by_tags(access: Access) -> set[str]:
    """Return the tenants whose tags are in the account, as far as AWS's tagging API knows them."""
    pages = access.client("resourcegroupstaggingapi").get_paginator("get_resources")
    found = pages.paginate(TagFilters=[{"Key": "presso:tenant"}])
    tags = [tag for page in found for each in page["ResourceTagMappingList"] for tag in each["Tags"]]
    return {tag["Value"] for tag in tags if tag["Key"] == "presso:tenant"}


def remove(access: Access, resource: TenantResource) -> None:
    """Delete a resource; it may be gone already.

    Raises:
        botocore.exceptions.ClientError: AWS denies it.
    """
    from botocore.exceptions import ClientError

    try:
        resource.kind.prepare(access, resource.name, resource.id)
        resource.kind.deletion.call(access, resource.name, resource.id)
    except ClientError as error:
        if not re.search("NotFound|NoSuch|NonExistent|DoesNotExist", error.response["Error"]["Code"]):
            raise


def empty(access: Access, resource: TenantResource) -> None:
    """Remove what prevents AWS from deleting a resource: targets of a rule, policies of a role."""
    if resource.kind.type in ("aws_cloudwatch_event_rule", "aws_iam_role"):
        resource.kind.prepare(access, resource.name, resource.id)


def _resource(access: Access, kind: ListableType, name: str, identifier: str, unit: Unit) -> TenantResource:
    marked = True
    if kind.tags:
        marked = unit.tags.items() <= dict(kind.tags(access, name, identifier)).items()
    return TenantResource(kind, name, identifier, unit, marked)
