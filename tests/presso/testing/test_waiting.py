"""A test that waits in vain names why functions failed, and does not wait for one that never starts."""

from types import SimpleNamespace
from typing import Any

import pytest

from presso.testing import bar
from presso.testing.bar import Played


class Logs:
    """Logs of one function, which has these messages."""

    def __init__(self, *messages: str) -> None:
        self.messages = messages

    def get_paginator(self, name: str) -> Any:
        found = {
            "describe_log_groups": {"logGroups": [{"logGroupName": "/aws/lambda/nyc--tried--count"}]},
            "filter_log_events": {"events": [{"message": message} for message in self.messages]},
        }
        return SimpleNamespace(paginate=lambda **_: [found[name]])


def played(*messages: str) -> Played:
    aws = SimpleNamespace(client=lambda _: Logs(*messages))
    return Played("tried", SimpleNamespace(aws=aws))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(bar, "_LOOKED_EVERY", 0.0)


def test_what_holds_is_returned() -> None:
    assert played("[ERROR] KeyError: 'x'").eventually(lambda: [1]) == [1]


def test_a_function_that_does_not_start_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar, "_PATIENCE_SECONDS", 60.0)
    line = "[ERROR] Runtime.HandlerNotFound: Handler 'x' missing on module 'count'"
    with pytest.raises(AssertionError, match=r"does not start:\nnyc--tried--count: Runtime.HandlerNotFound"):
        played(line).eventually(lambda: False)


def test_errors_of_functions_are_named_when_the_time_is_over() -> None:
    with pytest.raises(AssertionError, match=r"not reached within .*\nnyc--tried--count: KeyError: 'drink'"):
        played("[ERROR] KeyError: 'drink'").eventually(lambda: False)


def test_without_errors_only_the_time_is_named() -> None:
    with pytest.raises(AssertionError, match=r"not reached within 0.2 s$"):
        played("START", "END").eventually(lambda: False)
