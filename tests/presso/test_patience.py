from typing import Any

import pytest

from presso import patience
from presso.patience import Patience

SECOND = 10**9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`seconds()` of a clock for a process that the test lets compute and wait, on two processors."""

    class Clock:
        now, computed, waited, measuring = 0.0, 0, 0, 0.0

        def read(self) -> patience.Times:
            self.now += self.measuring
            return {"1": (self.computed, self.waited)}

    found: Any = Clock()
    monkeypatch.setattr("time.monotonic", lambda: found.now)
    monkeypatch.setattr(Patience, "_read", lambda _: found.read())
    found.seconds = Patience([]).seconds
    monkeypatch.setattr(found.seconds.__self__, "_processors", 2)
    return found


def test_time_counts_while_nothing_waits_for_a_processor(clock: Any) -> None:
    clock.now = 10.0
    assert clock.seconds() == 10.0


def test_time_hardly_counts_while_others_compute_in_its_place(clock: Any) -> None:
    clock.now, clock.waited, clock.computed = 10.0, 30 * SECOND, SECOND
    assert clock.seconds() == pytest.approx(0.5)
    clock.now = 10.1
    assert clock.seconds() == pytest.approx(0.505)


def test_a_second_takes_no_more_than_twenty(clock: Any) -> None:
    clock.now, clock.waited = 10.0, 30 * SECOND
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
