"""`presso watch` prints why functions fail, each cause once."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from presso.presenters import replay


def test_each_cause_is_printed_once_while_events_are_watched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = 0
    enough = threading.Event()
    message = "[ERROR] Runtime.ImportModuleError: Unable to import module 'count': No module named 'a'"

    def paginate(name: str) -> Any:
        nonlocal looks
        if name == "describe_log_groups":
            looks += 1
            if looks > 3:
                enough.set()
            return [{"logGroups": [{"logGroupName": "/aws/lambda/nyc--tried--count"}]}]
        return [{"events": [{"message": message}]}]

    logs = SimpleNamespace(get_paginator=lambda name: SimpleNamespace(paginate=lambda **_: paginate(name)))
    monkeypatch.setattr(replay, "_FAULTS_EVERY", {"local": 0.001, "aws": 0.001})
    access: Any = SimpleNamespace(client=lambda _: logs, endpoint="http://127.0.0.1")
    with replay._faults_shown(access, "nyc"):
        assert enough.wait(30)
    printed = capsys.readouterr().err
    assert printed.count("nyc--tried--count: Runtime.ImportModuleError: Unable to import module 'count'") == 1
