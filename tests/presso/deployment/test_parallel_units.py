"""Units are worked on in parallel, each after those it needs."""

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from presso.deployment.outcome import Outcome
from presso.deployment.parallel_units import needs_of, work
from presso.interruption import Interruption
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


def test_what_one_unit_raises_is_its_failure_and_the_others_go_on() -> None:
    def do(unit: Unit) -> Outcome:
        if unit == Unit("nyc", "cups"):
            raise ZeroDivisionError("no milk")
        return Outcome(unit, "applied")

    outcomes = work(
        needs_of(UNITS, reverse=False),
        do,
        parallel=2,
        interruption=Interruption(),
        skipped=lambda outcome: None,
    )
    assert [outcome.result for outcome in outcomes] == ["applied", "failed", "applied", "applied"]
    assert outcomes[1].message == "ZeroDivisionError: no milk"


def test_after_a_failure_no_further_unit_begins_if_that_is_asked_for() -> None:
    outcomes = work(
        needs_of(UNITS, reverse=False),
        lambda unit: Outcome(unit, "failed" if unit == Unit("nyc", "cups") else "applied"),
        parallel=1,
        interruption=Interruption(),
        skipped=lambda outcome: None,
        fail_fast=True,
    )
    assert [outcome.result for outcome in outcomes] == ["applied", "failed", "skipped", "skipped"]
    assert outcomes[3].blocked_by == "nyc/cups"
    assert outcomes[3].message == "not begun: nyc/cups failed"


def test_a_failure_ends_what_needs_it_also_by_way_of_others_and_nothing_else() -> None:
    first, second, third, other = UNITS
    began = []

    def do(unit: Unit) -> Outcome:
        began.append(unit)
        return Outcome(unit, "failed" if unit == first else "applied")

    outcomes = work(
        {first: set(), second: {first}, third: {second, other}, other: set()},
        do,
        parallel=1,
        interruption=Interruption(),
        skipped=lambda outcome: began.append(outcome.unit),
    )
    assert began == [first, second, third, other]
    assert [outcome.result for outcome in outcomes] == ["failed", "skipped", "skipped", "applied"]
    assert [outcome.blocked_by for outcome in outcomes] == ["", "nyc", "nyc/cups", ""]
    assert outcomes[2].message == "needs nyc/cups, which was skipped"


def test_the_first_ready_unit_in_order_begins_so_that_tenants_are_finished_one_by_one() -> None:
    units = [Unit(tenant, extension) for tenant in ("a", "b") for extension in ("", "x", "y")]
    began: list[Unit] = []

    def do(unit: Unit) -> Outcome:
        began.append(unit)
        return Outcome(unit, "applied")

    needs = needs_of(units, reverse=False)
    work(needs, do, parallel=1, interruption=Interruption(), skipped=lambda outcome: None)
    assert began == units


@pytest.mark.parametrize("reverse", [False, True])
def test_what_others_need_begins_first_at_the_end_so_that_no_chain_runs_alone(reverse: bool) -> None:
    units = [Unit(tenant, extension) for tenant in ("a", "b", "c") for extension in ("", "x")]
    began: list[Unit] = []
    both, third = threading.Barrier(2, timeout=60), threading.Event()

    def do(unit: Unit) -> Outcome:
        began.append(unit)
        if len(began) == 3:
            third.set()
        if unit in leading[:2]:
            both.wait()
        if unit == leading[0]:  # one place is free for the third
            assert third.wait(60)
        return Outcome(unit, "applied")

    leading = [unit for unit in units if unit.is_extension is reverse]
    needs = needs_of(units, reverse=reverse)
    work(needs, do, parallel=2, interruption=Interruption(), skipped=lambda outcome: None)
    assert {*began[:2]} == {*leading[:2]}
    assert began[2] == leading[2]


def test_a_unit_waits_for_what_it_awaits_while_others_run() -> None:
    verdicts: dict[Unit, Future[Any]] = {unit: Future() for unit in UNITS if unit.is_extension}
    began: list[Unit] = []

    def do(unit: Unit) -> Outcome:
        began.append(unit)
        if unit == Unit("sfo"):
            verdicts[Unit("nyc", "queue")].set_result(None)
        if unit == Unit("nyc", "queue"):
            verdicts[Unit("nyc", "cups")].set_result(None)
        return Outcome(unit, "applied")

    outcomes = work(
        needs_of(UNITS, reverse=False),
        do,
        parallel=1,
        interruption=Interruption(),
        skipped=lambda outcome: None,
        awaited=verdicts,
    )
    assert began == [Unit("nyc"), Unit("sfo"), Unit("nyc", "queue"), Unit("nyc", "cups")]
    assert {outcome.result for outcome in outcomes} == {"applied"}


def test_a_unit_that_still_awaits_something_does_not_begin_after_an_interruption() -> None:
    stop = Interruption()
    unit, never = Unit("nyc", "cups"), Future[Any]()
    threading.Timer(0.01, lambda: (stop.stop(), never.set_result(None))).start()
    found = work(
        {unit: set()},
        lambda unit: Outcome(unit, "applied"),
        parallel=1,
        interruption=stop,
        skipped=lambda outcome: None,
        awaited={unit: never},
    )
    assert [outcome.result for outcome in found] == ["interrupted"]
