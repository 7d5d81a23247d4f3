from typing import Any

import pytest

from presso import patience
from presso.awake_clock import MOST_AT_ONCE
from presso.patience import Patience
from presso.processes import wait_until

SECOND = 10**9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`seconds()` of a clock for a process that the test lets compute and wait, on two processors."""

    class Clock:
        now, computed, waited, measuring = 0.0, 0.0, 0.0, 0.0
        seconds: Any

        def read(self) -> patience.Times:
            self.now += self.measuring
            return {"1": (int(self.computed * SECOND), int(self.waited * SECOND))}

        def passes(self, seconds: float, *, computed: float = 0.0, waited: float = 0.0) -> None:
            """Let time pass, in which the clock is asked regularly, and each second brings so much."""
            for _ in range(round(4 * seconds)):
                self.now += 0.25
                self.computed += computed / 4
                self.waited += waited / 4
                self.seconds()

    found: Any = Clock()
    monkeypatch.setattr("time.monotonic", lambda: found.now)
    monkeypatch.setattr(Patience, "_read", lambda _: found.read())
    found.seconds = Patience([]).seconds
    monkeypatch.setattr(found.seconds.__self__, "_processors", 2)
    return found


def test_time_counts_while_nothing_waits_for_a_processor(clock: Any) -> None:
    clock.passes(10.0)
    assert clock.seconds() == pytest.approx(10.0)


def test_time_in_which_nothing_ran_does_not_count(clock: Any) -> None:
    clock.passes(1.0)
    clock.now += 3600.0
    assert clock.seconds() == pytest.approx(1.0 + MOST_AT_ONCE)
    clock.passes(1.0)
    assert clock.seconds() == pytest.approx(2.0 + MOST_AT_ONCE)


def test_time_hardly_counts_while_others_compute_in_its_place(clock: Any) -> None:
    clock.passes(10.0, computed=0.1, waited=3.0)
    assert clock.seconds() == pytest.approx(0.5)
    clock.now += 0.1
    assert clock.seconds() == pytest.approx(0.505)


def test_a_second_takes_no_more_than_twenty(clock: Any) -> None:
    clock.passes(10.0, waited=3.0)
    assert clock.seconds() == pytest.approx(10.0 / patience.MOST_STRETCHED)


def test_of_the_time_a_twentieth_is_spent_on_measuring_at_most(clock: Any) -> None:
    clock.now, clock.measuring = 1.0, 0.5
    clock.seconds()
    measured = clock.now
    for clock.now in (measured + 5.0, measured + 9.4):
        clock.seconds()
    assert clock.now == measured + 9.4
    clock.now = measured + 9.5
    clock.seconds()
    assert clock.now == measured + 10.0


def test_what_is_waited_for_is_asked_again_after_a_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + max(seconds, 60.0)))
    asked = iter([False, False, False, True])
    assert wait_until(lambda: next(asked), 2)
    assert not wait_until(lambda: False, 2)
