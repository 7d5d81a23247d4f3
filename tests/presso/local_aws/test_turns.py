from collections.abc import Callable

import pytest

from presso.local_aws.turns import Turns


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.watched: list[Callable[[], bool]] = []

    def seconds(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    """Two turns, of which one is taken."""
    found = Turns(2, clock.seconds, clock.watched.append)
    assert found.ask(answered=False).is_set()
    return found


def test_calls_get_a_turn_in_the_order_in_which_they_came_those_first_that_are_waited_for(
    turns: Turns,
) -> None:
    assert turns.ask(answered=True).is_set()
    calls = [turns.ask(answered=answered) for answered in (False, True, False, True)]
    given: list[int] = []
    for _ in calls:
        assert sum(call.is_set() for call in calls) == len(given)
        turns.give_back()
        given += [place for place, call in enumerate(calls) if call.is_set() and place not in given]
    assert given == [1, 3, 0, 2]


def test_a_call_that_is_not_waited_for_is_overtaken_three_times_at_most(turns: Turns) -> None:
    turns.ask(answered=True)
    patient = turns.ask(answered=False)
    for _ in range(3):
        turns.ask(answered=True)
        turns.give_back()
        assert not patient.is_set()
    turns.ask(answered=True)
    turns.give_back()
    assert patient.is_set()


def test_the_next_call_begins_when_none_has_ended_for_a_second(turns: Turns, clock: Clock) -> None:
    turns.ask(answered=True)
    assert clock.watched == []
    first, second = (turns.ask(answered=False) for _ in range(2))
    (look,) = clock.watched
    for clock.now, ends in ((0.0, False), (0.9, False), (1.0, True)):
        assert look()
        assert first.is_set() is ends
    clock.now = 1.9
    look()
    assert not second.is_set()
    turns.give_back()  # three had begun: there are still two
    for clock.now in (2.0, 2.9):
        look()
        assert not second.is_set()
    turns.give_back()
    assert second.is_set()
    assert not look()
    assert clock.watched == [look]


def test_calls_are_watched_again_when_they_wait_again(turns: Turns, clock: Clock) -> None:
    turns.ask(answered=True)
    turns.ask(answered=True)
    turns.give_back()
    assert not clock.watched[0]()
    turns.ask(answered=True)
    assert len(clock.watched) == 2
