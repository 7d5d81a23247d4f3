"""A limit on the time of a unit."""

from typing import TYPE_CHECKING

import pytest

from presso.deployment import time_limit
from presso.errors import UsageError
from presso.interruption import Interruption

if TYPE_CHECKING:
    from tests.presso.conftest import Small


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400)])
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert time_limit.seconds(text) == seconds


@pytest.mark.parametrize("text", ["30", "m", "-5m", "1.5h", "5 m", "0s", "5m5"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a time"):
        time_limit.seconds(text)


def test_a_stop_of_the_command_counts_without_a_limit() -> None:
    command = Interruption()
    limit = time_limit.TimeLimit(command, None)
    assert limit.requests == 0
    command.stop()
    command.stop()
    assert (limit.requests, limit.over) == (2, False)


@pytest.mark.slow
def test_a_unit_that_takes_too_long_is_interrupted_and_unlocked(
    small: "Small", monkeypatch: pytest.MonkeyPatch
) -> None:
    started = small.workspace.root / "started"
    small.extension("cups", f'provisioner "local-exec" {{\n command = "touch {started}; sleep 100"\n }}')
    small.run("apply", "nyc")
    monkeypatch.setattr(time_limit.TimeLimit, "over", property(lambda limit: started.exists()))
    outcome = small.run("apply", "nyc/cups", time_limit=60.0)["nyc/cups"]
    assert outcome.result == "failed"
    assert outcome.message == "Terraform took more than 60 s and was interrupted."
    assert not list(small.workspace.home.glob("state/*/*/.*.lock.info"))
