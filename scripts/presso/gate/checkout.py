"""The checkout around an extension, as the gate reads it: catalog, rules, tenants."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from presso.errors import UsageError
from presso.quotas import Quotas
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog
    from presso.catalog.rules import Rules
    from presso.platform_settings import EventSettings
    from presso.tenants import Tenant


class _Core(Workspace):
    """The checkout without extensions: a broken one must not prevent checks of the others."""

    @property
    def extensions(self) -> Path:
        return self.root / "no-extensions"


class Checkout:
    """What the gate reads of a checkout, once.

    Args:
        workspace: The checkout.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @cached_property
    def catalog(self) -> Catalog:
        """The events of the catalog."""
        from presso.catalog.events import Catalog

        try:
            return Catalog.load(self.workspace)
        except UsageError:
            return Catalog.load(_Core(self.workspace.root, self.workspace.home))

    @cached_property
    def rules_of_others(self) -> Rules:
        """The event rules of the checkout's modules and extensions."""
        from presso.catalog.rules import Rules

        try:
            return Rules.load(self.workspace).with_declared(self.workspace)
        except UsageError:
            return Rules.load(_Core(self.workspace.root, self.workspace.home))

    @cached_property
    def sources(self) -> EventSettings:
        """The sources of the platform's events and of its extensions'."""
        from presso import platform_settings

        return platform_settings.load(self.workspace).sources

    def quotas_of(self, extension: str) -> Quotas:
        """The largest quotas that a tenant of this checkout grants an extension."""
        most = Quotas()
        for tenant in self.tenants:
            for use in tenant.extensions:
                most = most.most(use.quotas) if use.name == extension else most
        return most

    @cached_property
    def tenants(self) -> tuple[Tenant, ...]:
        """The tenants of the checkout whose files can be read."""
        from presso import tenants

        found = []
        for name in tenants.names_of(self.workspace):
            with suppress(UsageError):
                found.append(tenants.load(self.workspace, name))
        return tuple(found)
