"""Ctrl-C and sudden deaths, as a terminal brings them: one clear end, and the next run works."""

import os
import re
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from presso.bar.event_log import EventLog

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Until = Callable[[Callable[[], Any]], Any]


def test_ctrl_c_in_a_terminal_stops_an_apply_cleanly_and_the_next_run_works(
    site: "Site", until: Until
) -> None:
    site.local.ensure()
    process = site.start("apply", "--all")
    until(lambda: list(site.home.glob("state/*/.*.lock.info")))
    os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert err.rstrip().endswith("Stopped.")
    assert not list(site.home.glob("state/*/.*.lock.info"))
    site.done("apply", "--all")
    assert site.presso("plan", "--all", "--detailed-exitcode").returncode == 0


def play_until_heard(site: "Site", until: Until) -> Any:
    """Start a replay that takes a quarter of an hour, and wait for its first event."""
    site.local.ensure()
    site.done("apply", "nyc")
    heard = EventLog(site.aws().client("logs"), "nyc")
    process = site.start("play", "nyc")
    until(heard.poll)
    return process


@pytest.mark.parametrize("group", [True, False], ids=["in a terminal", "to presso alone"])
def test_ctrl_c_stops_a_replay_and_the_next_one_works(site: "Site", until: Until, group: bool) -> None:
    process = play_until_heard(site, until)
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert re.fullmatch(r"Error: Stopped the replay of quarter-hour on nyc after \d+ of \d+ events.\n", err)
    assert executions(site) == ["ABORTED"]
    site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000")
    assert sorted(executions(site)) == ["ABORTED", "SUCCEEDED"]


def executions(site: "Site") -> list[str]:
    """How the replays on nyc's player ended."""
    machine = f"arn:aws:states:us-east-1:{site.aws().account}:stateMachine:nyc--player"
    listed = site.aws().client("stepfunctions").list_executions(stateMachineArn=machine)
    return [execution["status"] for execution in listed["executions"]]


def test_when_the_local_aws_dies_during_a_replay_that_is_said_and_apply_makes_all_again(
    site: "Site", until: Until
) -> None:
    process = play_until_heard(site, until)
    os.kill(site.pid("emulator"), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "Traceback" not in err
    assert err.startswith(
        "Error: The local AWS stopped meanwhile; see .presso/local/emulator.log. The replay of "
    )
    assert "Hint: Make the tenant again, then try again: presso apply nyc" in err
    assert "It was killed, and what was in it is gone" in site.done("status")
    site.done("apply", "nyc")
    site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000")
