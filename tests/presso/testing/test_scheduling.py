"""Tests are spread over the processes, and each runs once."""

from types import SimpleNamespace
from typing import Any

import pytest

from presso.testing.scheduling import GroupScheduling

TESTS = [
    "tests/a.py::one",
    "tests/a.py::of[batch 1/x]",
    "tests/a.py::two",
    "tests/a.py::of[batch 1/y]",
    *(f"tests/b.py::{number}" for number in range(6)),
]


class Process:
    """One that runs tests; it notes which it is given."""

    gateway = SimpleNamespace(id="one of them")

    def __init__(self) -> None:
        self.given: list[str] = []
        self.shutting_down = False

    def send_runtest_some(self, places: list[int]) -> None:
        self.given += [TESTS[place] for place in places]

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.fixture
def processes() -> list[Any]:
    return [Process(), Process()]


@pytest.fixture
def scheduling(processes: list[Any]) -> GroupScheduling:
    """With all tests of both processes collected, and the first given to them."""
    options: Any = SimpleNamespace(
        getvalue=lambda name: ["popen"] * 2, option=SimpleNamespace(loadscopereorder=True)
    )
    made = GroupScheduling(options)
    for process in processes:
        made.add_node(process)
        made.add_node_collection(process, TESTS)
    made.schedule()
    return made


def finish(scheduling: GroupScheduling, process: Any, count: int = len(TESTS)) -> list[str]:
    """Let a process run tests that it has, `count` at most; return which."""
    done: list[str] = []
    while len(done) < min(count, len(process.given)):
        done.append(process.given[len(done)])
        scheduling.mark_test_complete(process, TESTS.index(done[-1]))
    return done


def test_each_runs_once_and_those_that_share_something_in_one_process(
    scheduling: GroupScheduling, processes: list[Any]
) -> None:
    first, second = processes
    assert first.given[:2] == ["tests/a.py::of[batch 1/x]", "tests/a.py::of[batch 1/y]"]
    finish(scheduling, second)
    finish(scheduling, first)
    assert sorted(first.given + second.given) == sorted(TESTS)
    assert scheduling.tests_finished
    assert not scheduling.has_pending


def test_what_a_crashed_process_had_left_runs_once_in_others_but_for_the_test_it_crashed_in(
    scheduling: GroupScheduling, processes: list[Any]
) -> None:
    first, second = processes
    done = finish(scheduling, first, count=1)
    crashed = scheduling.remove_node(first)
    assert crashed == "tests/a.py::of[batch 1/y]"
    finish(scheduling, second)
    assert sorted([*done, crashed, *second.given]) == sorted(TESTS)
    assert not scheduling.has_pending


def test_the_process_that_comes_for_the_only_one_gets_enough_to_begin(
    scheduling: GroupScheduling, processes: list[Any]
) -> None:
    first, second = processes
    scheduling.remove_node(first)
    scheduling.remove_node(second)
    third: Any = Process()
    scheduling.add_node(third)
    scheduling.add_node_collection(third, TESTS)
    scheduling.schedule()
    assert len(third.given) >= 2
    finish(scheduling, third)
    assert len(third.given) == len(TESTS) - 2
    assert scheduling.tests_finished
