"""Runs units in parallel, each after those that it needs."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from heapq import heappop, heappush
from typing import Any

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
    awaited: Mapping[Unit, Future[Any]] | None = None,
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
        awaited: What units wait for besides; after a request to stop, all of them end.
    """
    waiting, others = _Waiting(needs, awaited or {}, parallel), _Awaited(awaited or {})
    outcomes: dict[Unit, Outcome] = {}
    running: dict[Future[Outcome], Unit] = {}
    with interruption.working(), ThreadPoolExecutor(parallel, thread_name_prefix="unit") as pool:
        try:
            while waiting or running:
                for outcome in _not_begun(waiting, outcomes, interruption, fail_fast):
                    skipped(outcomes.setdefault(outcome.unit, outcome))
                while len(running) < parallel and not interruption.ending and (ready := waiting.take()):
                    running[pool.submit(do, ready)] = ready
                for future in _ended(running, waiting, others):
                    unit = running.pop(future)
                    waiting.end(outcomes.setdefault(unit, _outcome(unit, future)))
        except BaseException:
            interruption.stop()
            raise
    return [outcomes[unit] for unit in needs]


def _ended(
    running: Collection[Future[Outcome]], waiting: "_Waiting", others: "_Awaited"
) -> set[Future[Outcome]]:
    """Wait until something ends; release the units that waited for it; return the runs that have ended."""
    ended, _ = wait({*running, *(others.next if waiting else ())}, return_when=FIRST_COMPLETED)
    for unit in others.take():
        waiting.release(unit)
    return ended & {*running}


def _outcome(unit: Unit, future: Future[Outcome]) -> Outcome:
    error = future.exception()
    if isinstance(error, Exception):
        return Outcome(unit, "failed", message=f"{type(error).__name__}: {error}")
    return future.result()


class _Awaited:
    """What units wait for besides others; each end costs the same for any number.

    Attributes:
        next: One future, which ends with the next of them; empty when all have been taken.
    """

    def __init__(self, awaited: Mapping[Unit, Future[Any]]) -> None:
        self._lock = threading.Lock()
        self._left, self._ended = len(awaited), list[Unit]()
        self.next = self._following()
        for unit, future in awaited.items():
            future.add_done_callback(partial(self._end, unit))

    def take(self) -> list[Unit]:
        """Return the units for which it has ended since the last call."""
        with self._lock:
            if not self._ended:
                return []
            ended, self._ended = self._ended, []
            self._left -= len(ended)
            self.next = self._following()
            return ended

    def _end(self, unit: Unit, _: Future[Any]) -> None:
        with self._lock:
            self._ended.append(unit)
            for future in self.next:
                if not future.done():
                    future.set_result(None)

    def _following(self) -> tuple[Future[Any], ...]:
        return (Future(),) if self._left else ()


class _Waiting:
    """The units that have not begun, in the order of `needs`; each change costs the same for any number.

    That finishes tenants one by one. When fewer than `parallel` units that others need are left, these come
    first: what waits for the last of them would run alone at the end.
    """

    def __init__(
        self, needs: Mapping[Unit, set[Unit]], held: Collection[Unit] = (), parallel: int = 1
    ) -> None:
        self.needs = needs
        self._parallel = parallel
        self._held = {*held}  # they wait for something else than a unit
        self._units = [*needs]
        self._places = {unit: place for place, unit in enumerate(needs)}
        self._open = {unit: set(each) for unit, each in needs.items()}  # the needs that have not ended well
        self._needed_by: dict[Unit, list[Unit]] = {}
        for unit, each in needs.items():
            for need in each:
                self._needed_by.setdefault(need, []).append(unit)
        self._leading = self._open.keys() & self._needed_by.keys()
        self._ready: list[int] = []  # a heap
        self._ready_leading: list[int] = []  # likewise, those of them that others need
        for unit in needs:
            self._check(unit)
        self._failed: list[Unit] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    def __iter__(self) -> Iterator[Unit]:
        return iter([*self._open])

    def take(self) -> Unit | None:
        """Take out the first unit whose needs have ended well; None if there is none now."""
        last = len(self._leading) < self._parallel
        for heap in (self._ready_leading, self._ready) if last else (self._ready,):
            while heap:
                unit = self._units[heappop(heap)]
                if unit in self._open:
                    self.leave_out(unit)
                    return unit
        return None

    def _check(self, unit: Unit) -> None:
        """A unit may begin if it waits for nothing any more."""
        if unit in self._open and not self._open[unit] and unit not in self._held:
            heappush(self._ready, self._places[unit])
            if unit in self._leading:
                heappush(self._ready_leading, self._places[unit])

    def release(self, unit: Unit) -> None:
        """What a unit waits for, besides others, has ended."""
        self._held.discard(unit)
        self._check(unit)

    def leave_out(self, unit: Unit) -> None:
        """Take out a unit."""
        del self._open[unit]
        self._leading.discard(unit)

    def end(self, outcome: Outcome) -> None:
        """A unit has ended: those that need it may begin, or never will."""
        if outcome.bad:
            self._failed.append(outcome.unit)
            return
        for unit in self._needed_by.get(outcome.unit, ()):
            if unit in self._open:
                self._open[unit].discard(outcome.unit)
                self._check(unit)

    def blocked(self) -> Iterator[Unit]:
        """Yield the units that need one which has not ended well since the last call."""
        failed, self._failed = self._failed, []
        for need in failed:
            yield from (unit for unit in self._needed_by.get(need, ()) if unit in self._open)


def _not_begun(
    waiting: _Waiting, outcomes: Mapping[Unit, Outcome], interruption: Interruption, fail_fast: bool
) -> Iterator[Outcome]:
    """Take out the units that will never begin; yield their outcomes."""
    if interruption.ending:
        for unit in waiting:
            waiting.leave_out(unit)
            yield Outcome(unit, "interrupted", message="not begun")
    while blocked := [*dict.fromkeys(waiting.blocked())]:
        for unit in blocked:
            failed = min(need for need in waiting.needs[unit] if need in outcomes and outcomes[need].bad)
            waiting.leave_out(unit)
            outcome = _skipped(unit, outcomes[failed], f"needs {failed}, which {_end(outcomes[failed])}")
            waiting.end(outcome)
            yield outcome
    first = next((each for each in outcomes.values() if each.bad), None) if fail_fast else None
    if first:
        for unit in waiting:
            waiting.leave_out(unit)
            yield _skipped(unit, first, f"not begun: {first.unit} {_end(first)}")


def _skipped(unit: Unit, cause: Outcome, message: str) -> Outcome:
    return Outcome(unit, "skipped", blocked_by=str(cause.unit), message=message)


def _end(outcome: Outcome) -> str:
    return "failed" if outcome.result == "failed" else f"was {outcome.result}"
