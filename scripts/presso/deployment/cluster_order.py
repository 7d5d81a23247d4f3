"""What travels between a command with `--cluster` and its workers: data without credentials or variables."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from presso import __version__
from presso.deployment.outcome import Outcome
from presso.errors import PressoError

# The resource that a worker of presso offers to Dask: a unit runs only where it is, one at a time.
RESOURCE = "presso"


@dataclass(frozen=True)
class RunOrder:
    """What the units of one run have in common.

    Args:
        id: Of the run.
        action: As of `Command`; so are the others.
    """

    id: str
    action: str
    lock_timeout: str
    time_limit: float | None
    wants_drift: bool = False


@dataclass(frozen=True)
class Order:
    """One unit to run.

    Args:
        run: The run that it is of.
        unit: The unit's name.
        machine: What `Fingerprints.of_machine` returned where the run was started.
        lock_file: Terraform's lock file of the unit's providers there; "" if there is none.
        unsure: Whether an earlier run of the unit has not ended well.
        orphaned: Whether no tenant.yaml lists the unit.
        has_platform: Whether its tenant's platform is deployed.
        version: The git ref of the extension that tenant.yaml names there: an upgrade has just written it.
    """

    run: RunOrder
    unit: str
    machine: dict[str, str]
    lock_file: str
    unsure: bool
    orphaned: bool = False
    has_platform: bool = True
    version: str | None = None

    def text(self) -> str:
        """Return it as JSON, which is all that Dask is given."""
        return json.dumps({"presso": __version__, **asdict(self)})

    @classmethod
    def of(cls, text: str, worker: str) -> Order:
        """Return the order of a text.

        Args:
            worker: The name of the worker that has received it.

        Raises:
            PressoError: It is of another version of presso.
        """
        given = json.loads(text)
        version = given.pop("presso", "an older one")
        there = f"Worker {worker} has presso {__version__}, this machine {version}."
        try:
            order = cls(**{**given, "run": RunOrder(**given["run"])})
        except (TypeError, LookupError) as error:
            if version == __version__:
                there = f"Worker {worker} has another commit of presso {version} than this machine."
            raise PressoError(there, hint=SAME) from error
        if version != __version__:
            raise PressoError(there, hint=SAME)
        return order


SAME = (
    "Nothing was changed. Bring the worker to the same commit, with the same presso, Terraform and providers."
)


@dataclass(frozen=True)
class UnitReport:
    """How a unit ended on a worker.

    Args:
        outcome: The outcome.
        worker: The worker's name.
        log: Terraform's log.
        lock_file: As of `Order`, after the run.
        complete: Whether the state has all that was created, as far as is known.
    """

    outcome: Outcome
    worker: str
    log: str = ""
    lock_file: str = ""
    complete: bool = True


@dataclass(frozen=True)
class Progress:
    """What a worker reports about a unit while it runs.

    Args:
        unit: The unit's name.
        worker: The worker's name.
        attempt: Differs between two workers on one unit.
        phase: What begins, if something does.
        log: What was added to the log.
        total: The number of the plan's steps, -1 while that is not known; `done`: of those that have ended.
        current: The resources in progress.
        pause: Seconds until the unit runs again, and why; 0 if it runs.
        reason: Why.
    """

    unit: str
    worker: str
    attempt: str
    phase: str = ""
    log: str = ""
    total: int = -1
    done: int = 0
    current: list[str] | None = None
    pause: float = 0.0
    reason: str = ""


def topic(run: str) -> str:
    """Return the topic of Dask on which workers report about a run."""
    return f"presso-{run}"
