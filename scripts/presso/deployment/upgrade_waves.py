"""An extension upgraded in all its tenants, wave after wave: it stops at a failure, goes on, or goes back.

The tenants' files are changed wave by wave, so that they are the truth at any moment. What was begun is kept
in presso's home until it is complete or rolled back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from presso import atomic, history, records, regular_file, text_file
from presso.deployment import version_pins
from presso.errors import PressoError, UsageError
from presso.folders import contents
from presso.tenants import ExtensionUse, Tenant, file_of
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace
from presso.yaml_file import MOST_BYTES, YamlFile

WAVES = "canary,25%,all"


@dataclass(frozen=True)
class Upgrade:
    """An upgrade that was begun.

    Args:
        extension: Its name.
        to: The git ref.
        waves: The tenants of each wave.
        done: The number of waves that were applied.
        commit: What the ref was when the upgrade began: all waves get the same.
        before: The files of the tenants that were changed, as they were; `after`: as they were written.
    """

    extension: str
    to: str
    waves: list[list[str]]
    done: int = 0
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""

    def units(self, names: Sequence[str]) -> list[str]:
        """Return the names of its units in some tenants."""
        return [str(Unit(name, self.extension)) for name in names]


def waves_of(text: str, tenants: Sequence[Tenant]) -> list[list[str]]:
    """Return the tenants of each wave: those that it adds to the earlier ones.

    Args:
        text: Waves, separated by commas: `canary` (the tenants with `canary: true`, else the first), a share
            of all such as `25%`, a number, or `all`.
        tenants: Those that have the extension, by name.

    Raises:
        UsageError: A wave is none of these, or the last one is not `all`.
    """
    canaries = [tenant.name for tenant in tenants if tenant.canary] or [tenant.name for tenant in tenants[:1]]
    order = [*canaries, *(tenant.name for tenant in tenants if tenant.name not in canaries)]
    waves, reached = [], 0
    words = [word.strip() for word in text.split(",")]
    for word in words:
        number = word.removesuffix("%")
        if word == "canary":
            until = len(canaries)
        elif word == "all":
            until = len(order)
        elif number.isascii() and number.isdigit() and 0 < int(number) <= (100 if "%" in word else 10**6):
            until = math.ceil(len(order) * int(number) / 100) if "%" in word else int(number)
        else:
            raise UsageError(f"--waves {text}: {word!r} is not a wave.", hint=f"Such as {WAVES}.")
        if order[reached:until]:
            waves.append(order[reached:until])
            reached = min(until, len(order))
    if words[-1] != "all":
        raise UsageError(f"--waves {text}: the last wave is not all.", hint=f"Such as {WAVES}.")
    return waves


def begin(
    workspace: Workspace, tenants: Mapping[str, Tenant], extension: str, to: str, waves: str
) -> Upgrade:
    """Return a new upgrade; it is kept from its first wave on.

    Raises:
        UsageError: The version or a wave does not exist, no tenant has the extension, or another upgrade of
            it is not complete.
    """
    if (begun := read(workspace, extension)) is not None:
        raise UsageError(
            f"An upgrade of {extension} to {begun.to} is not complete.",
            hint=f"presso upgrade {extension} --resume, or --rollback.",
        )
    listed = _listing(tenants, extension)
    if not listed:
        raise UsageError(
            f"No tenant lists {extension}.", hint="presso tenant show prints what a tenant lists."
        )
    try:
        Trees(workspace).of(records.read(ExtensionUse, {"name": extension, "version": to}))
    except records.Faults:
        raise UsageError(f"--to {to}: not a version.", hint="Name a branch, a tag or a commit.") from None
    commit = history.commit(workspace.root, to)
    return Upgrade(extension, to, waves_of(waves, listed), commit=commit)


def continued(workspace: Workspace, tenants: Mapping[str, Tenant], upgrade: Upgrade) -> Upgrade:
    """Return an upgrade that was begun, for the tenants as they are now.

    Those that no longer list the extension are left out; those that list it since are in the last wave.
    """
    listed = [tenant.name for tenant in _listing(tenants, upgrade.extension)]
    known = {name for wave in upgrade.waves for name in wave}
    waves = [[name for name in wave if name in listed] for wave in upgrade.waves[upgrade.done :]]
    waves = [wave for wave in waves if wave]
    if added := [name for name in listed if name not in known]:
        waves = [*waves[:-1], [*(waves[-1] if waves else []), *added]]
    upgrade = replace(upgrade, waves=[*upgrade.waves[: upgrade.done], *waves])
    if waves:
        _write(workspace, upgrade)
    else:
        forget(workspace, upgrade)
    return upgrade


def _listing(tenants: Mapping[str, Tenant], extension: str) -> list[Tenant]:
    return [tenant for tenant in tenants.values() if any(use.name == extension for use in tenant.extensions)]


def pin_wave(workspace: Workspace, upgrade: Upgrade) -> Upgrade:
    """Write the version into the files of the next wave's tenants; return the upgrade with their texts.

    Raises:
        PressoError: A file cannot be changed; those before it were. Or the ref is another commit now.
    """
    if upgrade.commit and history.commit(workspace.root, upgrade.to) != upgrade.commit:
        raise PressoError(
            f"{upgrade.to} is another commit than when the upgrade of {upgrade.extension} began.",
            hint=f"presso upgrade {upgrade.extension} --rollback, then begin again with a tag or a commit.",
        )
    for name in upgrade.waves[upgrade.done]:
        path = file_of(workspace, name)
        shown = workspace.shown(path)
        text = text_file.read(path, shown, MOST_BYTES)
        new = version_pins.pinned(text, YamlFile.read(path, shown), upgrade.extension, upgrade.to)
        if text != upgrade.after.get(name):
            before, after = {name: text, **upgrade.before}, {**upgrade.after, name: new}
            upgrade = replace(upgrade, before=before, after=after)
            _write(workspace, upgrade)  # before the file: a run that is killed in between can be rolled back
            atomic.write(path, new)
    return upgrade


def wave_done(workspace: Workspace, upgrade: Upgrade) -> Upgrade:
    """Return the upgrade after a wave was applied; after the last one nothing is kept."""
    upgrade = replace(upgrade, done=upgrade.done + 1)
    if upgrade.done < len(upgrade.waves):
        _write(workspace, upgrade)
    else:
        forget(workspace, upgrade)
    return upgrade


def roll_back(workspace: Workspace, upgrade: Upgrade) -> list[str]:
    """Put back the files of the tenants; return the tenants.

    Raises:
        PressoError: A file was changed since by others; nothing is put back.
    """
    for name, text in upgrade.after.items():
        path = file_of(workspace, name)
        if (contents(path) or b"").decode("utf-8", "replace") not in (text, upgrade.before[name]):
            raise PressoError(
                f"{workspace.shown(path)} was changed since the upgrade of {upgrade.extension} began.",
                hint="Write its former version by hand, apply it, and remove "
                f"{workspace.shown(_record(workspace, upgrade.extension))}.",
            )
    _write(workspace, replace(upgrade, done=0))  # to continue is to begin with the first wave again
    for name, text in upgrade.before.items():
        atomic.write(file_of(workspace, name), text)
    return sorted(upgrade.before)


def read(workspace: Workspace, extension: str) -> Upgrade | None:
    """Return the upgrade of an extension that was begun; None where there is none."""
    try:
        return Upgrade(**json.loads(regular_file.text(_record(workspace, extension))))
    except (OSError, ValueError, TypeError):
        return None


def forget(workspace: Workspace, upgrade: Upgrade) -> None:
    """Keep nothing of an upgrade."""
    _record(workspace, upgrade.extension).unlink(missing_ok=True)


def _write(workspace: Workspace, upgrade: Upgrade) -> None:
    atomic.write(_record(workspace, upgrade.extension), json.dumps(asdict(upgrade)), mode=0o600)


def _record(workspace: Workspace, extension: str) -> Path:
    return workspace.home / "upgrades" / f"{extension}.json"
