"""Where units run: on this machine, or on workers. Which units run, and when, is decided elsewhere."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, Self

from presso.deployment.outcome import Outcome
from presso.tenants import Tenant
from presso.units.unit import Unit


class UnitRunner(Protocol):
    """Runs units; entered for the time of a command."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def judge(self, wanted: Sequence[tuple[Unit, Tenant]]) -> Mapping[Unit, Future[Any]]:
        """Begin to judge extensions; return what their units wait for.

        One that the gate rejects fails in `run`. After a request to stop no further one is judged.
        """

    def run(self, unit: Unit) -> Outcome:
        """Run Terraform on a unit. Called in several threads; raises no error."""
