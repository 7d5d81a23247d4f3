"""Waivers: findings that the platform team accepts, in `waivers.yaml` at the root of the checkout.

Authors cannot add one: the file has code owners (.github/CODEOWNERS), and an entry names the digest of the
reviewed files, so that it ends with their first change.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from presso import tenants
from presso.errors import UsageError
from presso.gate.check import Check
from presso.gate.checks import all_checks
from presso.records import Before, matching, sized
from presso.suggestions import did_you_mean
from presso.tenants import ExtensionName
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

FILE = "waivers.yaml"
LONGEST = datetime.timedelta(days=366)


def _day(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("a date has the form 2027-06-30")


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A finding that is accepted for some time.

    Args:
        extension: The extension's name.
        check: The id of the check, such as `P2-006`.
        digest: The digest of the extension's files, as `presso check` prints it.
        reason: Why the platform team accepts it.
        expires: The last day of the waiver.
    """

    extension: ExtensionName
    check: Annotated[str, matching(r"^[MPS][1-3]?-[0-9]{3}$")]
    digest: Annotated[str, matching(r"^[0-9a-f]{64}$")]
    reason: Annotated[str, sized(10, 500)]
    expires: Annotated[datetime.date, Before(_day)]


@dataclass(frozen=True, kw_only=True)
class _File:
    waivers: list[Waiver] = field(default_factory=list)


@dataclass(frozen=True)
class Waivers:
    """The waivers of a checkout."""

    entries: tuple[Waiver, ...] = ()

    @classmethod
    def load(cls, workspace: Workspace) -> Waivers:
        """Read `waivers.yaml`; without the file there are no waivers.

        Raises:
            UsageError: The file is wrong: its entries' keys, an unknown check, one that cannot be waived, or
                a date more than a year ahead.
        """
        path = workspace.root / FILE
        if not path.exists():
            return cls()
        document = YamlFile.read(path, workspace.shown(path))
        _refuse_old_keys(document)
        entries = document.parse(_File).waivers
        faults = [
            f"{document.where(('waivers', index))}: {fault}"
            for index, entry in enumerate(entries)
            for fault in _faults(entry)
        ]
        if faults:
            raise UsageError("\n".join(faults), hint="docs/guides/reviewer.md shows a waiver.")
        return cls(tuple(entries))

    def find(self, extension: str, check: Check, digest: str) -> Waiver | None:
        """Return the waiver that covers a finding, unless it has expired."""
        return next(
            (
                waiver
                for waiver in self.entries
                if (waiver.extension, waiver.check, waiver.digest) == (extension, check.id, digest)
                and waiver.expires >= tenants.today()
            ),
            None,
        )

    def lapsed(self, extension: str, checks: Sequence[str], digest: str) -> list[str]:
        """Return why waivers of these checks do not cover an extension's files any more, a sentence each."""
        found = []
        for waiver in self.entries:
            if waiver.extension != extension or waiver.check not in checks:
                continue
            if waiver.digest != digest:
                found.append(f"The waiver of {waiver.check} is for other files (digest {waiver.digest}).")
            elif waiver.expires < tenants.today():
                found.append(f"The waiver of {waiver.check} expired on {waiver.expires}.")
        return found


def _refuse_old_keys(document: YamlFile) -> None:
    """Refuse the key that `check` replaced, with its place: what to change is plain then."""
    listed = document.data.get("waivers") if isinstance(document.data, dict) else None
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict) and "rule" in entry:
            document.refuse(("waivers", index, "rule"), "the key rule is now called check")


def _faults(entry: Waiver) -> list[str]:
    known = all_checks()
    check = known.get(entry.check)
    if check is None:
        hint = did_you_mean(entry.check, known, "checks")
        return [f"check: there is no check {entry.check}. {hint}".rstrip()]
    if not check.waivable:
        return [f"check: {entry.check} cannot be waived: it protects the user who runs the check."]
    if entry.expires > tenants.today() + LONGEST:
        return [f"expires: {entry.expires} is more than a year ahead."]
    return []
