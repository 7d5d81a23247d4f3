"""Selects the units that a command means."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from presso import names, tenants
from presso.deployment import renaming, state_files, unfinished
from presso.deployment.outcome import Action
from presso.errors import PressoError, UsageError
from presso.tenants import Target, Tenant
from presso.units import state_bucket, unit_folder
from presso.units import unit as units
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class Selection:
    """The units of one command, and what is known about their tenants.

    Args:
        units: Platforms before their extensions.
        tenants: Every declared tenant by name.
        orphaned: The units that are deployed but not in any tenant's file.
        deployed_to: The target of each deployed unit, from its folder.
        deployed: The deployed units, whether selected or not.
        broken: Of a command on all units, the errors of the tenants' files that are wrong, by tenant.
        without_file: Tenants without a file, of which a bucket of the others keeps states, with its name.
    """

    units: list[Unit]
    tenants: Mapping[str, Tenant]
    orphaned: Set[Unit]
    deployed_to: Mapping[Unit, Target] = field(default_factory=dict)
    deployed: Set[Unit] = frozenset()
    broken: Mapping[str, PressoError] = field(default_factory=dict)
    without_file: Mapping[str, str] = field(default_factory=dict)

    @property
    def left_orphaned(self) -> list[Unit]:
        """The orphaned units that are not selected."""
        return sorted(self.orphaned - {*self.units})

    @property
    def ended(self) -> list[Tenant]:
        """The tenants of the command whose last day is over."""
        return [tenant for tenant in self.tenants.values() if tenant.has_ended]

    def in_account(self, account: str) -> "Selection":
        """Return the selection with only the units of tenants whose file has an account.

        Raises:
            UsageError: No tenant's file has it.
        """
        there = {name for name, tenant in self.tenants.items() if tenant.known_account == account}
        if not there:
            raise UsageError(
                f"No tenant.yaml of the selected units has account {account}.",
                hint='Write it with its 12 digits, in quotes: account: "111111111111".',
            )
        return replace(self, units=[unit for unit in self.units if unit.tenant in there])

    def is_deployed(self, tenant: str) -> bool:
        """Return whether a unit of a tenant is deployed."""
        return any(unit.tenant == tenant for unit in self.deployed)

    def targets(self) -> set[str]:
        """Return the targets of the units."""
        return {self.target(unit) for unit in self.units}

    def target(self, unit: Unit) -> Target:
        """Return a unit's target: from its tenant's file, else from its deployment."""
        tenant = self.tenants.get(unit.tenant)
        return tenant.target if tenant else self.deployed_to.get(unit, "local")


def select(
    workspace: Workspace,
    action: Action,
    patterns: Sequence[str],
    *,
    everything: bool = False,
    with_extensions: bool = False,
) -> Selection:
    """Return the units that a command selects.

    Units to destroy, and all units, are declared or deployed ones; else they are declared.

    Args:
        action: The command.
        patterns: As `units.select` takes them.
        everything: All units, but for those of tenants whose file is wrong, or that have ended and are gone.
        with_extensions: Also destroy the extensions deployed on the selected platforms.

    Raises:
        PressoError: A pattern matches nothing, a file is wrong, or the units must not be changed so.
    """
    known, broken = _known(workspace, patterns, everything=everything)
    others = {Unit(name) for name in tenants.names_of(workspace) if name not in known}
    declared = {*units.declared(known.values()), *others}
    deployed = [state.unit for state in state_files.deployed(workspace, known.values())]
    perhaps = sorted({*deployed, *unfinished.units(workspace)})
    orphaned = frozenset({*perhaps} - declared - {u for u in perhaps if u.platform in others})
    among = [*declared, *perhaps] if action == "destroy" or everything else declared
    if everything and action != "destroy":
        among = [*perhaps, *(u for u in among if not _has_ended(u, known))]
    chosen = units.select(patterns, [u for u in among if u.tenant not in broken], everything=everything)
    if action == "destroy":
        chosen = _to_destroy(chosen, perhaps, with_extensions=with_extensions)
    elif everything:
        renaming.refuse(workspace, known, deployed, orphaned)
    if action == "apply":
        _refuse_without_platform([unit for unit in chosen if unit not in orphaned], deployed)
    without_file = _without_file(known, [*others, *perhaps]) if everything else {}
    selection = Selection(chosen, known, orphaned, broken=broken, without_file=without_file)
    return _with_targets(workspace, selection, deployed, everything=everything)


def _known(
    workspace: Workspace, patterns: Sequence[str], *, everything: bool
) -> tuple[Mapping[str, Tenant], Mapping[str, PressoError]]:
    """Return the tenants whose files a command needs, and the errors of those that it can leave out."""
    if everything:
        return tenants.load_each(workspace)
    return tenants.load_all(workspace, lambda name: units.concerns(name, patterns)), {}


def _without_file(known: Mapping[str, Tenant], others: Iterable[Unit]) -> dict[str, str]:
    """Return the tenants of which the buckets of the known ones keep states, without these and the `others`.

    None where AWS denies listing more than the known ones.
    """
    found, there = {}, {*known, *(unit.tenant for unit in others)}
    for bucket in dict.fromkeys(tenant.state for tenant in known.values() if tenant.state):
        with contextlib.suppress(PressoError):
            listed = [name for name in state_bucket.tenants(bucket) if names.is_tenant(name)]
            unknown = [name for name in listed if name not in there]
            for name in state_bucket.with_states(bucket, unknown) if unknown else ():
                found[name] = f"{bucket.bucket}/{bucket.prefix}".rstrip("/")
    return found


def _has_ended(unit: Unit, known: Mapping[str, Tenant]) -> bool:
    """Return whether a unit is of a tenant that has ended, which is not created again."""
    return unit.tenant in known and known[unit.tenant].has_ended


def ended(workspace: Workspace) -> tuple[list[str], list[PressoError]]:
    """Return the names of the deployed tenants whose last day is over, and the errors of wrong files.

    Raises:
        UsageError: The defaults of all are wrong.
    """
    known, broken = tenants.load_each(workspace)
    there = {state.unit.tenant for state in state_files.deployed(workspace, known.values())}
    return [name for name, tenant in known.items() if tenant.has_ended and name in there], [*broken.values()]


def _to_destroy(chosen: Sequence[Unit], there: Sequence[Unit], *, with_extensions: bool) -> list[Unit]:
    """Return the units to destroy: the chosen ones, and perhaps the extensions on their platforms."""
    platforms = {unit for unit in chosen if unit.is_platform and with_extensions}
    found = sorted({*chosen, *(unit for unit in there if unit.platform in platforms)})
    units.refuse_while_extensions_are_deployed(found, there)
    return found


def _with_targets(
    workspace: Workspace, selection: Selection, deployed: Sequence[Unit], *, everything: bool
) -> Selection:
    """Return the selection with the targets to which its units are deployed.

    Of a command on all units, a tenant that is deployed to another target counts as one whose file is wrong.

    Raises:
        PressoError: A unit is deployed to another target than its tenant's file sets now: Terraform would not
            find its resources there, drop them from the state, and leave them behind.
    """
    found = {unit: unit_folder.target(workspace, unit) for unit in {*deployed} & {*selection.units}}
    targeted = replace(
        selection,
        deployed_to={unit: target for unit, target in found.items() if target},
        deployed=frozenset(deployed),
    )
    elsewhere: dict[str, PressoError] = {}
    for unit, target in sorted(targeted.deployed_to.items()):
        if (wanted := targeted.target(unit)) != target:
            elsewhere.setdefault(unit.tenant, _deployed_elsewhere(unit, target, wanted))
    if elsewhere and not everything:
        raise next(iter(elsewhere.values()))
    left = [unit for unit in selection.units if unit.tenant not in elsewhere]
    return replace(targeted, units=left, broken={**selection.broken, **elsewhere})


def _deployed_elsewhere(unit: Unit, target: Target, wanted: Target) -> PressoError:
    return PressoError(
        f"{unit} is deployed to target {target}, but tenants/{unit.tenant}/tenant.yaml now sets "
        f"target: {wanted}.",
        hint=f"Set target: {target} again and destroy it before switching: "
        f"presso destroy {unit.tenant} --with-extensions",
    )


def _refuse_without_platform(chosen: Sequence[Unit], deployed: Sequence[Unit]) -> None:
    there = {*chosen, *deployed}
    missing = sorted({unit.platform for unit in chosen} - there)
    if missing:
        names = " ".join(str(unit) for unit in missing)
        first = next(unit for unit in chosen if unit.platform == missing[0])
        raise PressoError(
            f"{first} needs its tenant's platform, and {missing[0]} is not applied.",
            hint=f"Apply it first, or together: presso apply {names} {' '.join(str(u) for u in chosen)}",
        )
