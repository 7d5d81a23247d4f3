"""Units: a tenant's platform, its core or one extension in it, each with a Terraform state of its own."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from presso.errors import PressoError, UsageError
from presso.names import CORE, PLATFORM
from presso.suggestions import did_you_mean
from presso.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from presso.tenants import Tenant


@dataclass(frozen=True, order=True)
class Unit:
    """A tenant's platform (`nyc`), its core (`nyc/core`), or one extension in one tenant (`nyc/wait-times`).

    Args:
        tenant: The tenant's name.
        extension: The extension's name; empty for the platform, `core` for the core, a name that no extension
            may have. Platforms therefore sort first.
    """

    tenant: str
    extension: str = ""

    @classmethod
    def named(cls, name: str) -> "Unit":
        """Return the unit with a plain name such as `nyc/wait-times`."""
        tenant, _, extension = name.partition("/")
        return cls(tenant, extension)

    def __str__(self) -> str:
        return f"{self.tenant}/{self.extension}" if self.extension else self.tenant

    @property
    def is_platform(self) -> bool:
        """Whether this is a tenant's own unit."""
        return not self.extension

    @property
    def is_extension(self) -> bool:
        """Whether this is an extension: code of an author, which the gate judges."""
        return self.extension not in ("", CORE)

    @property
    def platform(self) -> "Unit":
        """The tenant's own unit, which its other units need."""
        return Unit(self.tenant)

    @property
    def part(self) -> str:
        """Its name in the tenant, also in names of files: `platform`, `core`, or the extension's."""
        return self.extension or PLATFORM

    @classmethod
    def of_part(cls, tenant: str, part: str) -> "Unit":
        """Return the unit of a tenant that has this name in it."""
        return cls(tenant, "" if part == PLATFORM else part)

    @property
    def prefix(self) -> str:
        """The start of its resources' names."""
        return f"{self.tenant}--{self.extension}--" if self.extension else f"{self.tenant}--"

    @property
    def tags(self) -> dict[str, str]:
        """The tags that all its resources have, if their type has tags."""
        return {
            "presso:tenant": self.tenant,
            "presso:extension" if self.is_extension else "presso:unit": self.part,
        }

    @classmethod
    def owning(cls, tenant: str, name: str) -> "Unit | None":
        """Return the unit of a tenant that a resource belongs to by its name, or by the name in its id.

        None for a resource of another tenant, or without a prefix.
        """
        for word in re.split(r"[/:]", name):
            if word == tenant:
                return cls(tenant)
            if word.startswith(f"{tenant}--"):
                owner, sign, _ = word.removeprefix(f"{tenant}--").partition("--")
                return cls(tenant, owner if sign else "")
        return None

    def folder(self, workspace: Workspace) -> "Path":
        """Return where the unit's generated Terraform folder is."""
        return workspace.home.joinpath("units", self.tenant, self.extension)

    def state(self, workspace: Workspace) -> "Path":
        """Return where the unit's state file is: in a folder of its own, which its Terraform may read."""
        return workspace.home.joinpath("state", self.tenant, self.part, f"{self.part}.tfstate")


def declared(tenants: Iterable["Tenant"]) -> list[Unit]:
    """Return every unit in the tenants' files, platforms before their other units."""
    units = []
    for tenant in tenants:
        units.append(Unit(tenant.name))
        if tenant.core:
            units.append(Unit(tenant.name, CORE))
        units.extend(Unit(tenant.name, use.name) for use in tenant.extensions)
    return sorted(units)


def select(patterns: Sequence[str], known: Iterable[Unit], *, everything: bool = False) -> list[Unit]:
    """Return the units that the patterns match, each once, platforms before their other units.

    Args:
        patterns: `nyc`, `nyc/wait-times`, `nyc/*`, `*/wait-times`, `*`; `*` and `?` never match a slash.
        known: The units to choose from.
        everything: All of them (`--all`).

    Raises:
        UsageError: No pattern at all, both patterns and `everything`, or a pattern that matches nothing.
    """
    units = sorted(set(known))
    if everything and patterns:
        raise UsageError("Both units and --all are given.", hint="Name the units, or use --all.")
    if everything:
        return units
    if not patterns:
        raise UsageError("No units are named.", hint=f"Name some, or use --all. {_listing(units)}")
    chosen: set[Unit] = set()
    for pattern in patterns:
        matches = _matches(pattern, units)
        if not matches:
            raise _no_match(pattern, units)
        chosen.update(matches)
    return sorted(chosen)


def concerns(tenant: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns can match a unit of this tenant."""
    return any(fnmatchcase(tenant, pattern.partition("/")[0]) for pattern in patterns)


def _matches(pattern: str, units: Iterable[Unit]) -> list[Unit]:
    tenant, slash, extension = pattern.partition("/")
    return [
        unit
        for unit in units
        if fnmatchcase(unit.tenant, tenant)
        and (not unit.is_platform and fnmatchcase(unit.extension, extension) if slash else unit.is_platform)
    ]


def _no_match(pattern: str, units: Sequence[Unit]) -> UsageError:
    tenant, slash, extension = pattern.partition("/")
    names = [unit.tenant for unit in units]
    if any(c in pattern for c in "*?["):
        return UsageError(f"No unit matches {pattern}.", hint=_listing(units))
    if (slash and not extension) or extension.count("/"):
        return UsageError(
            f"{pattern} is not a unit's name.", hint="Units are named like nyc or nyc/wait-times."
        )
    if tenant not in names:
        return UsageError(f"There is no tenant {tenant}.", hint=did_you_mean(tenant, names, "tenants"))
    own = [unit.extension for unit in units if unit.tenant == tenant and not unit.is_platform]
    if extension == CORE:
        return UsageError(
            f"Tenant {tenant} has no core: tenants/{tenant}/tenant.yaml does not set core: true.",
            hint="The event player emits the core's events where there is no core.",
        )
    hint = did_you_mean(extension, own, "its extensions")
    return UsageError(
        f"Tenant {tenant} has no extension {extension}: tenants/{tenant}/tenant.yaml does not list it.",
        hint=hint,
    )


def _listing(units: Iterable[Unit]) -> str:
    names = ", ".join(str(unit) for unit in units)
    return f"Known units: {names or 'none yet'}."


def refuse_while_extensions_are_deployed(selected: Sequence[Unit], deployed: Iterable[Unit]) -> None:
    """Refuse to destroy a platform while extensions are deployed on it.

    Raises:
        PressoError: Names the extensions and what to do.
    """
    left = [u for u in sorted(set(deployed)) if not u.is_platform and u not in selected]
    for unit in selected:
        dependents = [str(u) for u in left if u.platform == unit]
        if unit.is_platform and dependents:
            raise PressoError(
                f"{unit} cannot be destroyed: {', '.join(dependents)} "
                f"{'is' if len(dependents) == 1 else 'are'} still deployed on it.",
                hint=f"Destroy them first, or together: presso destroy {unit} --with-extensions",
            )
