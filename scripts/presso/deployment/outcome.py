"""How one unit's run ended."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from presso.deployment.configuration_drift import DriftedResource
from presso.terraform.json_stream import Changes, Diagnostic, PlannedChange
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.gate.report import Finding

Action = Literal["plan", "apply", "destroy"]
Change = Literal["create", "update", "destroy", "unchanged"]
Result = Literal["applied", "destroyed", "changes", "unchanged", "absent", "failed", "skipped", "interrupted"]
BAD = frozenset({"failed", "skipped", "interrupted"})


@dataclass
class Outcome:
    """How one unit's run ended.

    Attributes:
        unit: The unit.
        result: `changes` is a plan with changes; `absent` a unit to destroy that is not deployed;
            `skipped` one whose needs failed.
        changes: The changes that were made, or would be made.
        planned: The plan's changes by resource; `drifted`: changes made outside of Terraform.
        drift: The drift by attribute, where the command looks for it.
        adopted: The addresses of resources that an earlier run had created and not saved.
        findings: The gate's findings, before or after the apply.
        diagnostics: Terraform's errors and warnings, with files as seen from the checkout.
        message: What went wrong, when Terraform itself printed no error; `hint`: what to do.
        log: The unit's log, as a user would type it, or "".
        seconds: How long it took.
        change: What the command was to do with the unit; "" where it is not known.
        why: What has changed since the unit's last apply, where the command has looked.
        left_out: Whether it is unchanged by its fingerprint, so that Terraform did not run.
        blocked_by: The unit that failed, of one that is skipped.
        repeated: The faults, which pass by themselves, after which Terraform ran again.
    """

    unit: Unit
    result: Result
    changes: Changes = field(default_factory=Changes)
    planned: list[PlannedChange] = field(default_factory=list)
    drifted: list[PlannedChange] = field(default_factory=list)
    drift: list[DriftedResource] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    findings: "list[Finding]" = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    message: str = ""
    hint: str = ""
    log: str = ""
    seconds: float = 0.0
    change: Change | Literal[""] = ""
    why: tuple[str, ...] = ()
    left_out: bool = False
    blocked_by: str = ""
    repeated: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether the requested action failed or did not run."""
        return self.result in BAD

    @property
    def cause(self) -> str:
        """Why it failed, in one line; "" where it did not."""
        if not self.bad:
            return ""
        findings = [f"{finding.check.id}: {finding.sentence}" for finding in self.findings]
        errors = [each.summary for each in self.diagnostics if each.severity == "error"]
        return " ".join(next(iter([*findings, *errors]), self.message).split())

    def as_json(self) -> dict[str, Any]:
        """Return the outcome for `--json`."""
        return {
            "unit": str(self.unit),
            "result": self.result,
            "change": self.change,
            "why": list(self.why),
            "left_out": self.left_out,
            "blocked_by": self.blocked_by,
            "repeated": list(self.repeated),
            **asdict(self.changes),
            "planned": [asdict(change) for change in self.planned],
            "drifted": [asdict(change) for change in self.drifted],
            "drift": [asdict(resource) for resource in self.drift],
            "adopted": self.adopted,
            "findings": [finding.as_json() for finding in self.findings],
            "diagnostics": [asdict(diagnostic) for diagnostic in self.diagnostics],
            "message": self.message,
            "hint": self.hint,
            "log": self.log,
            "seconds": round(self.seconds, 2),
        }
