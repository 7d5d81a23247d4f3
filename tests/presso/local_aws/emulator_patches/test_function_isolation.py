"""Functions that start at once, each with keys of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ministack.services import sts

from presso.local_aws.emulator_patches import function_isolation

SHARED = "ASIA0000000000000000"


class Meeting:
    """Waits a moment for another thread; notes whether one came."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2)
        self.met = False

    def wait(self) -> None:
        try:
            self._barrier.wait(0.2)
            self.met = True
        except threading.BrokenBarrierError:
            pass


def test_sessions_are_added_one_after_another() -> None:
    meeting = Meeting()

    def add(key: str) -> None:
        function_isolation.register_session(lambda *_: meeting.wait(), key, {})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, ("one", "another")))
    assert not meeting.met


def test_starts_of_one_function_get_keys_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = Meeting()
    monkeypatch.setattr(sts, "_sessions", {})

    def derived(config: dict[str, Any]) -> dict[str, str]:
        sts._sessions[SHARED] = {"Arn": config["FunctionArn"]}
        meeting.wait()
        return {"AWS_ACCESS_KEY_ID": SHARED}

    credentials = function_isolation._drawn(derived)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(credentials, [{"FunctionArn": "arn"}] * 2))
    keys = {each["AWS_ACCESS_KEY_ID"] for each in made}
    assert len(keys) == 2
    assert sts._sessions.keys() == keys
