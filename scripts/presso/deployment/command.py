"""A command on units, as each unit's run needs to know it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from presso.deployment import parallelism
from presso.deployment.outcome import Action, Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_selection import Selection
from presso.interruption import Interruption
from presso.tenants import Target, Tenant
from presso.terraform.json_stream import Transcript
from presso.units.unit import Unit
from presso.workspace import Workspace


class Display(Protocol):
    """Receives the progress of a run. Called from several threads; must not raise."""

    def began(self, unit: Unit, phase: str) -> None:
        """Terraform starts on a unit: `init`, `plan`, `apply` or `destroy`."""

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Terraform printed something about a unit."""

    def ended(self, outcome: Outcome) -> None:
        """A unit has ended, or will not be run."""

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """A unit has failed for a reason that passes, and is run again after so many seconds."""


@dataclass
class Command:
    """One command on a selection of units.

    Args:
        workspace: The checkout and its home.
        selection: The units.
        action: What to do with them.
        environment: Returns the environment of a target, for a tenant (None when its file is gone).
        display: Receives the progress.
        parallel: The number of Terraform runs at a time; 0 for the default of the units' targets.
        lock_timeout: How long Terraform waits for a state's lock, such as `30s`.
        skip_unchanged: Leave out units whose fingerprint and state are those that their last apply confirmed.
        fail_fast: After a failure start no further unit.
        wants_drift: A plan also finds which attributes were changed outside of Terraform.
        time_limit: The most seconds that Terraform may take for one unit; None for no limit.
    """

    workspace: Workspace
    selection: Selection
    action: Action
    environment: Callable[[Target, Tenant | None], TargetEnvironment]
    display: Display
    parallel: int = 0
    lock_timeout: str = "0s"
    skip_unchanged: bool = False
    fail_fast: bool = False
    wants_drift: bool = False
    time_limit: float | None = None
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        targets = self.selection.targets()
        self.parallel = self.parallel or parallelism.default(
            targets, parallelism.cores(), parallelism.memory()
        )

    def action_of(self, unit: Unit) -> Action:
        """Return what to do with a unit: to apply one that is in no tenant's file is to destroy it."""
        return "destroy" if self.action == "apply" and unit in self.selection.orphaned else self.action
