"""Ctrl-C at random moments, and sudden deaths: one clear end, and the next run works.

How often, and how to repeat a failure: see stops.py.
"""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.stops import Stop, anywhere, seeds
from tests.patience import PATIENCE

from presso.simulation.event_log import EventLog

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Until = Callable[[Callable[[], Any]], Any]


@pytest.mark.timeout(600)
def test_units_and_replays_can_be_stopped_at_any_moment_and_the_next_run_works(
    site: "Site", until: Until
) -> None:
    site.tenant("sfo")  # one extension is enough
    for seed in seeds():
        stop = Stop(seed)
        stop(site, "up", within=2)
        site.local.stop()
        site.local.ensure()
        locked = (lambda _: until(lambda: locks(site))) if stop.chance() else anywhere
        stop(site, "apply", "--all", after=locked, within=4)
        assert not locks(site)
        site.done("apply", "--all")
        stop(site, "plan", "--all", within=2)
        assert site.presso("plan", "--all", "--refresh", "--detailed-exitcode").returncode == 0
        stop(site, "watch", "nyc", after=promised if stop.chance() else anywhere, within=1)
        stop_replays(site, stop, until)
        stop(site, "destroy", "--all", "--with-extensions", within=5)
        assert not locks(site)
        site.done("destroy", "--all")
        assert not list(site.home.rglob("*.tfstate"))
        site.local.stop()


def locks(site: "Site") -> list[Any]:
    """What Terraform leaves beside a state while it has locked it."""
    return list(site.home.glob("state/*/*/.*.lock.info"))


def promised(process: "subprocess.Popen[str]") -> None:
    """Wait until `watch` prints that it begins."""
    assert process.stderr
    assert process.stderr.readline().startswith("Events of nyc, live")


def stop_replays(site: "Site", stop: Stop, until: Until) -> None:
    """Stop a replay that takes a quarter of an hour: after its first event, and anywhere."""
    heard = EventLog(site.aws().client("logs"), "nyc")
    done = stop(site, "play", "nyc", after=lambda _: until(heard.poll), within=0.5)
    assert re.fullmatch(
        r"Error: Stopped the replay of quarter-hour on nyc after \d+ of \d+ events.\n", done.stderr
    )
    assert done.stdout == ""
    stop(site, "play", "nyc", within=3)
    assert set(executions(site)) == {"ABORTED"}
    site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000")
    assert executions(site).count("SUCCEEDED") == 1


def executions(site: "Site") -> list[str]:
    """How the replays on nyc's player ended."""
    machine = f"arn:aws:states:us-east-1:{site.aws().account}:stateMachine:nyc--player"
    listed = site.aws().client("stepfunctions").list_executions(stateMachineArn=machine)
    return [execution["status"] for execution in listed["executions"]]


def test_a_check_can_be_stopped_at_any_moment_and_leaves_nothing(site: "Site") -> None:
    for seed in seeds():
        stop = Stop(seed)
        for level, seconds in (("plan", 3), ("sandbox", 8)):
            stop(site, "check", "order-metrics", "--level", level, within=seconds, again=True)
            assert site.left_behind() == []
    site.done("check", "order-metrics")


def test_the_building_of_the_site_can_be_stopped_at_any_moment_and_ctrl_c_ends_its_serving(
    site: "Site",
) -> None:
    out = site.home / "site"
    for seed in seeds():
        Stop(seed)(site, "catalog", "site", within=3, again=True)
        assert not out.exists() or (out / "index.html").exists()
        assert list(site.home.glob(".*")) == []
        shutil.rmtree(out, ignore_errors=True)
    process = site.start("catalog", "site", "--serve", "--port", "0")
    assert process.stderr
    address = process.stderr.readline().split()[1]
    with urllib.request.urlopen(f"{address}events/OrderManager.WaitingCompletion.html") as answer:
        assert b"WaitingCompletion" in answer.read()
    process.send_signal(signal.SIGINT)
    reported, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.strip()) == (130, "Stopped.")
    assert str(out / "index.html") in reported


def test_the_making_of_an_extension_can_be_stopped_at_any_moment(site: "Site", checkout: Path) -> None:
    (site.root / "cookiecutter-extension").symlink_to(checkout / "cookiecutter-extension")
    new = "new mine --author A --event OrderManager.OrderCompleted --pattern table-writer --language python"
    made = site.root / "extensions" / "mine"
    for seed in seeds():
        Stop(seed)(site, *new.split(), within=1)
        assert list(site.home.glob("new/*")) == []
        if not made.exists():
            site.done(*new.split())
        assert (made / "extension.yaml").is_file()
        assert list((made / "tests").glob("test_*.py"))
        shutil.rmtree(made)


def test_tests_of_an_extension_can_be_stopped_at_any_moment(site: "Site") -> None:
    tests = ("test", "-p", "presso.testing.plugin", "extensions/order-metrics")
    for seed in seeds():
        Stop(seed)(site, *tests, within=4)
    assert " passed" in site.done(*tests, "-k", "test_count")


def play_until_heard(site: "Site", until: Until) -> Any:
    """Start a replay that takes a quarter of an hour, and wait for its first event."""
    site.local.ensure()
    site.done("apply", "nyc")
    heard = EventLog(site.aws().client("logs"), "nyc")
    process = site.start("play", "nyc")
    until(heard.poll)
    return process


def test_when_the_local_aws_dies_during_a_replay_the_error_names_it_and_apply_makes_all_again(
    site: "Site", until: Until
) -> None:
    process = play_until_heard(site, until)
    os.kill(site.pid("emulator"), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert "Traceback" not in err
    assert err.startswith(
        "Error: The local AWS stopped during the command; see .presso/local/emulator.log. The replay of "
    )
    assert "Hint: Apply the tenant again, then repeat the command: presso apply nyc" in err
    assert "It was killed and its resources are lost" in site.done("status")
    site.done("apply", "nyc")
    site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000")
