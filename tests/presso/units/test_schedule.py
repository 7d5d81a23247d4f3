"""Units are worked on in parallel, each after those it needs."""

import threading

import pytest

from presso.interruption import Interruption
from presso.units.outcome import Outcome
from presso.units.schedule import needs_of, work
from presso.units.unit import Unit

UNITS = [Unit("nyc"), Unit("nyc", "cups"), Unit("nyc", "queue"), Unit("sfo")]


def test_no_more_than_asked_for_at_a_time() -> None:
    lock = threading.Lock()
    now = most = 0
    both = threading.Barrier(2, timeout=30)

    def do(unit: Unit) -> Outcome:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait()  # passes only when two run at once
        with lock:
            now -= 1
        return Outcome(unit, "applied")

    needs: dict[Unit, set[Unit]] = {unit: set() for unit in UNITS}
    work(needs, do, parallel=2, interruption=Interruption(), skipped=lambda outcome: None)
    assert most == 2


def test_after_an_interruption_nothing_begins() -> None:
    stop = Interruption()

    def do(unit: Unit) -> Outcome:
        stop.stop()
        return Outcome(unit, "applied")

    outcomes = work(
        needs_of(UNITS, reverse=False),
        do,
        parallel=1,
        interruption=stop,
        skipped=lambda outcome: None,
    )
    assert [outcome.result for outcome in outcomes] == ["applied", *["interrupted"] * 3]


def test_a_fault_of_pressos_own_stops_the_rest_and_is_raised() -> None:
    stop = Interruption()

    def do(unit: Unit) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work(
            needs_of(UNITS, reverse=False),
            do,
            parallel=1,
            interruption=stop,
            skipped=lambda outcome: None,
        )
    assert stop.requested
