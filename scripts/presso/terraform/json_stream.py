"""Terraform's messages during one run, read from its `-json` stream.

The stream's messages: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

# Summaries with which Terraform asks for `terraform init`.
_NEEDS_INIT = re.compile(
    r"terraform init|Module not installed|Module source has changed|Module version requirements"
    r"|Required plugins are not installed|Inconsistent dependency lock file|Missing required provider"
    r"|Provider requirements cannot be satisfied",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"could not (connect to|query provider registry)|failed to (request discovery document|retrieve)"
    r"|no such host|connection refused|deadline exceeded|timeout",
    re.IGNORECASE,
)
_OF_PROVIDER = re.compile(r"versions for provider ([\w./-]{1,200}):")
_NOT_WRITTEN = re.compile(
    r"Failed to (save|write|persist) state|Failed to create local state file|local state backup file"
    r"|no space left on device|disk quota exceeded|file too large"
)
DUMP = "Emergency state dump"
_LOCK_FIELD = re.compile(r"^[^\S\n]*(ID|Operation|Who|Created):[^\S\n]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Diagnostic:
    """An error or warning of Terraform.

    Args:
        severity: `error` or `warning`.
        summary: One line.
        detail: More, possibly several lines or none.
        address: The resource concerned, or "".
        file: The file concerned as Terraform names it, seen from the unit's folder, or "".
        line: The line in it, or 0.
    """

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    file: str = ""
    line: int = 0

    @property
    def asks_for_init(self) -> bool:
        """Whether Terraform asks for `terraform init`."""
        return bool(_NEEDS_INIT.search(self.summary))

    @property
    def denies_a_role(self) -> bool:
        """Whether AWS denied the provider its role (in the words of either provider)."""
        return "AssumeRole" in self.summary or "Cannot assume IAM Role" in self.summary

    @property
    def about_writing(self) -> bool:
        """Whether Terraform could not write a file of its own, such as the state."""
        return bool(_NOT_WRITTEN.search(f"{self.summary} {self.detail}"))

    @property
    def lock(self) -> dict[str, str]:
        """Who holds the state's lock (`ID`, `Operation`, `Who`, `Created`); empty for any other error."""
        if "acquiring the state lock" not in self.summary:
            return {}
        found = {name: value.rstrip() for name, value in _LOCK_FIELD.findall(self.detail)}
        return found or {"ID": ""}


@dataclass(frozen=True)
class PlannedChange:
    """One planned change: its action (`create`, `update`, `replace`, `delete`, …) and its resource."""

    action: str
    address: str


@dataclass
class Changes:
    """Counts of resources, as Terraform sums them up; a replacement is one added and one destroyed."""

    added: int = 0
    changed: int = 0
    destroyed: int = 0

    @property
    def total(self) -> int:
        """The number of steps."""
        return self.added + self.changed + self.destroyed


@dataclass
class Transcript:
    """The content of one run's messages so far.

    Attributes:
        planned: The changes of the plan, without data sources.
        drifted: Changes made outside of Terraform.
        plan: The plan's counts; `applied`: the counts of the apply, None until Terraform reports them.
        done: Finished steps of `plan.total`; `current`: the resources in progress.
        stray: Lines that are not messages: a panic, a provider's output.
        dumped: The state, printed because it could not be written; else "".
    """

    planned: list[PlannedChange] = field(default_factory=list)
    drifted: list[PlannedChange] = field(default_factory=list)
    plan: Changes | None = None
    applied: Changes | None = None
    done: int = 0
    current: list[str] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    dumped: str = ""

    @classmethod
    def of(cls, output: str) -> "Transcript":
        """The content of a whole output."""
        found = cls()
        for line in output.splitlines():
            found.read(line)
        return found

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are errors."""
        return [d for d in self.diagnostics if d.severity == "error"]

    @property
    def asks_for_init(self) -> bool:
        """Whether the run failed only because `terraform init` is needed."""
        return any(d.asks_for_init for d in self.errors)

    @property
    def lacks_providers(self) -> bool:
        """Whether `terraform init` failed because the source of its providers does not respond."""
        about = [d for d in self.errors if "provider" in d.summary.lower()]
        return any(_NO_ANSWER.search(d.detail) for d in about)

    @property
    def providers_not_found(self) -> list[str]:
        """The providers that a registry was asked for in vain, such as hashicorp/tls."""
        return sorted({name for d in self.errors for name in _OF_PROVIDER.findall(d.detail)})

    def read(self, line: str) -> bool:
        """Process a line of output; return whether it changed anything that a progress display shows."""
        try:
            message = json.loads(line)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            if line.strip():
                self.stray.append(line)
            return False
        reader = _READERS.get(kind)
        if reader is None:
            return False
        reader(self, message)
        return True


def _read_diagnostic(transcript: Transcript, message: dict[str, Any]) -> None:
    given = message["diagnostic"]
    place = given.get("range") or {}
    diagnostic = Diagnostic(
        given["severity"],
        given["summary"],
        given.get("detail", ""),
        given.get("address", ""),
        place.get("filename", ""),
        place.get("start", {}).get("line", 0),
    )
    if diagnostic not in transcript.diagnostics:
        transcript.diagnostics.append(diagnostic)


def _read_planned(transcript: Transcript, message: dict[str, Any]) -> None:
    _note_change(transcript.planned, message["change"])


def _read_drift(transcript: Transcript, message: dict[str, Any]) -> None:
    _note_change(transcript.drifted, message["change"])


def _note_change(noted: list[PlannedChange], change: dict[str, Any]) -> None:
    if change["action"] not in ("read", "noop"):
        noted.append(PlannedChange(change["action"], change["resource"]["addr"]))


def _read_summary(transcript: Transcript, message: dict[str, Any]) -> None:
    given = message["changes"]
    changes = Changes(given["add"], given["change"], given["remove"])
    if given["operation"] == "plan":
        transcript.plan = changes
    else:
        transcript.applied = changes


def _read_start(transcript: Transcript, message: dict[str, Any]) -> None:
    if message["hook"]["action"] != "read":
        transcript.current.append(message["hook"]["resource"]["addr"])


def _read_end(transcript: Transcript, message: dict[str, Any]) -> None:
    address = message["hook"]["resource"]["addr"]
    if address in transcript.current:
        transcript.current.remove(address)
        transcript.done += message["type"] == "apply_complete"


def _read_log(transcript: Transcript, message: dict[str, Any]) -> None:
    if message["@message"] == DUMP:
        transcript.dumped = json.dumps(message["state"], indent=2) + "\n"


_READERS = {
    "diagnostic": _read_diagnostic,
    "planned_change": _read_planned,
    "resource_drift": _read_drift,
    "change_summary": _read_summary,
    "log": _read_log,
    "apply_start": _read_start,
    "apply_complete": _read_end,
    "apply_errored": _read_end,
}
