"""Runs units in parallel, each after those that it needs."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from presso.deployment.outcome import Outcome
from presso.interruption import Interruption
from presso.units.unit import Unit


def needs_of(
    units: Sequence[Unit], *, reverse: bool, destroyed: Collection[Unit] = ()
) -> dict[Unit, set[Unit]]:
    """Return the units that each must wait for: an extension for its platform, or in reverse.

    Args:
        reverse: Whether all of them are destroyed.
        destroyed: Those that are destroyed while the others are applied.
    """
    chosen = set(units)
    going = chosen if reverse else chosen & {*destroyed}
    needs: dict[Unit, set[Unit]] = {unit: set() for unit in units}
    for unit in units:
        if unit.is_platform or unit.platform not in chosen:
            continue
        if unit not in going:
            needs[unit].add(unit.platform)
        elif unit.platform in going:
            needs[unit.platform].add(unit)
    return needs


def work(
    needs: Mapping[Unit, set[Unit]],
    do: Callable[[Unit], Outcome],
    *,
    parallel: int,
    interruption: Interruption,
    skipped: Callable[[Outcome], None],
    fail_fast: bool = False,
) -> list[Outcome]:
    """Run every unit, at most `parallel` at a time, and return the outcomes in the order of `needs`.

    A unit whose need failed is not run; the others go on. After an interruption no further unit starts.

    Args:
        needs: The units, and which of them each waits for.
        do: Called in a thread; what it raises is its unit's failure.
        parallel: At least 1.
        interruption: Checked before each start.
        skipped: Called for each unit that is not run.
        fail_fast: After a failure no further unit starts.
    """
    waiting = dict(needs)
    outcomes: dict[Unit, Outcome] = {}
    running: dict[Future[Outcome], Unit] = {}
    with ThreadPoolExecutor(parallel, thread_name_prefix="unit") as pool:
        try:
            while waiting or running:
                free = parallel - len(running)
                for unit in _startable(waiting, outcomes, free, interruption, skipped, fail_fast):
                    running[pool.submit(do, unit)] = unit
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    unit = running.pop(future)
                    outcomes[unit] = _outcome(unit, future)
        except BaseException:
            interruption.stop()
            raise
    return [outcomes[unit] for unit in needs]


def _outcome(unit: Unit, future: Future[Outcome]) -> Outcome:
    error = future.exception()
    if isinstance(error, Exception):
        return Outcome(unit, "failed", message=f"{type(error).__name__}: {error}")
    return future.result()


def _startable(
    waiting: dict[Unit, set[Unit]],
    outcomes: dict[Unit, Outcome],
    free: int,
    interruption: Interruption,
    skipped: Callable[[Outcome], None],
    fail_fast: bool,
) -> list[Unit]:
    """Take the units out of `waiting` that can start now, and end those that never will."""
    start: list[Unit] = []
    first = next((unit for unit, outcome in outcomes.items() if outcome.bad), None) if fail_fast else None
    for unit, needs in list(waiting.items()):
        failed = sorted(need for need in needs if need in outcomes and outcomes[need].bad)
        if interruption.requested:
            outcome = Outcome(unit, "interrupted", message="not begun")
        elif first and not failed:
            message = f"not begun: {first} {_end(outcomes[first])}"
            outcome = Outcome(unit, "skipped", blocked_by=str(first), message=message)
        elif failed:
            message = f"needs {failed[0]}, which {_end(outcomes[failed[0]])}"
            outcome = Outcome(unit, "skipped", blocked_by=str(failed[0]), message=message)
        elif needs <= outcomes.keys() and len(start) < free:
            start.append(unit)
            del waiting[unit]
            continue
        else:
            continue
        del waiting[unit]
        outcomes[unit] = outcome
        skipped(outcome)
    return start


def _end(outcome: Outcome) -> str:
    return "failed" if outcome.result == "failed" else f"was {outcome.result}"
