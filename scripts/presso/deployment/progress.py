"""Live progress of runs on stderr: bars in a terminal, plain lines elsewhere, nothing with --quiet."""

import contextlib
import sys
import threading
from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from presso import terminal
from presso.deployment.outcome import Outcome
from presso.terraform.json_stream import Transcript
from presso.units.unit import Unit

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from presso.deployment.forecast import Forecast

_COLOURS = {"failed": "red", "skipped": "yellow", "interrupted": "yellow", "applied": "green"}


class Shown(Protocol):
    """A display that is entered for the time of the runs; see `command.Display`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def began(self, unit: Unit, phase: str) -> None: ...  # noqa: D102
    def moved(self, unit: Unit, transcript: Transcript) -> None: ...  # noqa: D102
    def ended(self, outcome: Outcome) -> None: ...  # noqa: D102
    def waits(self, unit: Unit, seconds: float, reason: str) -> None: ...  # noqa: D102
    def note(self, line: str) -> None: ...  # noqa: D102


# What each request to stop does, and the next one: see interruption.steps_shown.
_STOPPING = (
    "No further unit starts; the running ones finish. Ctrl-C again interrupts Terraform.",
    "Interrupting Terraform: it finishes what it has begun. Ctrl-C again: it does not wait for that.",
    "Terraform saves its state now: what AWS is creating may be in no state. Ctrl-C again kills Terraform.",
    "Killing Terraform. Run the same command again: it repairs what is half done.",
)


def stopping(step: int) -> str:
    """Return the line about a request to stop."""
    return _STOPPING[min(step, len(_STOPPING) - 1)]


def display(total: int, *, quiet: bool, forecast: "Forecast | None" = None) -> Shown:
    """Return the display for this stderr.

    Args:
        total: The number of units to run.
        quiet: Show nothing.
        forecast: Knows how long the run will still take.
    """
    if quiet:
        return Silent()
    return ProgressBars(total, forecast) if sys.stderr.isatty() else Lines()


def ending(outcome: Outcome) -> str:
    """Return one line with a unit's result."""
    changes = outcome.changes
    counts = ((changes.added, "added"), (changes.changed, "changed"), (changes.destroyed, "destroyed"))
    parts = [f"{count} {what}" for count, what in counts if count]
    said = ", ".join(parts)
    if not said and outcome.result in ("skipped", "interrupted"):
        said = outcome.message.rstrip(".")
    result = {"changes": "has changes", "absent": "not deployed"}.get(outcome.result, outcome.result)
    if outcome.result in _COLOURS:
        result = terminal.styled(result, _COLOURS[outcome.result], sys.stderr)
    return f"{outcome.unit}: {result}" + (f" ({said})" if said else "") + f", {outcome.seconds:.1f} s"


def time_left(seconds: float) -> str:
    """Return a rough time in words."""
    return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {max(1, seconds):.0f} s left"


class Silent:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def began(self, unit: Unit, phase: str) -> None:
        """Show nothing."""

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Show nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Show nothing."""

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """Show nothing."""

    def note(self, line: str) -> None:
        """Show nothing."""


class Lines(Silent):
    """A line when a unit begins and one when it ends: for logs."""

    def began(self, unit: Unit, phase: str) -> None:
        """Print that a unit begins."""
        if phase != "init":
            self._print(f"{unit}: {phase} …")

    def ended(self, outcome: Outcome) -> None:
        """Print how a unit ended, unless it was left out."""
        if not outcome.left_out:
            self._print(ending(outcome))

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """Print that a unit is run again."""
        self._print(f"{unit}: again in {seconds:.0f} s: {reason}")

    def note(self, line: str) -> None:
        """Print a line about all units."""
        self._print(line)

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a closed stderr does not stop the units
            terminal.say(line)


class ProgressBars(Silent):
    """A bar for each unit that runs, and a line above for each that has ended."""

    def __init__(self, total: int, forecast: "Forecast | None" = None) -> None:
        self._total, self._forecast = total, forecast
        self._results: Counter[str] = Counter()
        self._tasks: dict[Unit, TaskID] = {}
        self._lock = threading.Lock()
        self._progress = self._make()
        self._all = self._progress.add_task("units", total=total, current="", visible=total > 1)

    @staticmethod
    def _make() -> "Progress":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        # A long address is cut, the numbers are not.
        return Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=24, table_column=Column(no_wrap=True, min_width=24)),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=5)),
            TextColumn(
                "{task.fields[current]}",
                markup=False,  # an address may have [brackets]
                style="dim",
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=5,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars off the terminal."""
        self._progress.stop()

    def began(self, unit: Unit, phase: str) -> None:
        """Show a bar for the unit."""
        with self._lock:
            if self._forecast:
                self._forecast.began(unit)
            if unit not in self._tasks:
                self._tasks[unit] = self._progress.add_task(str(unit), total=None, current=phase)
            self._progress.update(self._tasks[unit], current=phase)
            self._count()

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Move the unit's bar."""
        plan = transcript.plan
        current = terminal.escaped(transcript.current[-1]) if transcript.current else ""
        more = f" and {len(transcript.current) - 1} more" if len(transcript.current) > 1 else ""
        with self._lock:
            self._progress.update(
                self._tasks[unit],
                total=plan.total if plan else None,
                completed=transcript.done,
                current=(current + more) or ("" if plan else "refreshing"),
            )
            self._count()

    def _count(self) -> None:
        """Show the number of units that have ended, run and wait, and the time left."""
        ended = self._results.total()
        waiting = self._total - ended - len(self._tasks)
        counts = [(self._results["failed"], "failed"), (len(self._tasks), "running"), (waiting, "waiting")]
        said = [f"{count} {what}" for count, what in counts if count]
        seconds = self._forecast.left() if self._forecast else None
        if seconds is not None and ended < self._total:
            said.append(time_left(seconds))
        self._progress.update(self._all, completed=ended, current=", ".join(said))

    def waits(self, unit: Unit, seconds: float, reason: str) -> None:
        """Show in the unit's bar that it is run again."""
        self.began(unit, f"again in {seconds:.0f} s: {terminal.escaped(reason)}")

    def ended(self, outcome: Outcome) -> None:
        """Replace the unit's bar by a line."""
        with self._lock:
            self._results[outcome.result] += 1
            if self._forecast:
                self._forecast.ended(outcome.unit)
            if outcome.unit in self._tasks:
                self._progress.remove_task(self._tasks.pop(outcome.unit))
            self._count()
        if not outcome.left_out:
            self.note(ending(outcome))

    def note(self, line: str) -> None:
        """Print a line above the bars."""
        from rich.text import Text

        with contextlib.suppress(OSError):  # nor does a terminal that is gone
            self._progress.console.print(Text.from_ansi(terminal.escaped(line)))
