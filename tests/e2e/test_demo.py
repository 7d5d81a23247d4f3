"""`presso demo` as a newcomer runs it: what it prints is true, it leaves nothing, and it can fail."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.stops import Stop, seeds
from tests.patience import PATIENCE
from tests.shared_packages import share_packages

from presso.demo import demo_run as demo
from presso.simulation import player
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Until = Callable[[Callable[[], Any]], Any]
FAILING = """
variable "context" { type = any }
module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion"]
  }
}
resource "aws_sqs_queue" "default" {
  name = "${var.context.prefix}default"
  lifecycle {
    postcondition {
      condition     = startswith(self.url, "https://sqs.")
      error_message = "Not on the local AWS."
    }
  }
}
"""


def drinks_of(scenario: Path) -> Counter[str]:
    """The orders that a barista is asked for, per drink, read from the scenario's file alone."""
    events = json.loads(scenario.read_text())["events"]
    waiting = [event for event in events if event["detail-type"] == "OrderManager.WaitingCompletion"]
    return Counter(event["detail"]["drinkOrder"]["drink"] for event in waiting)


def test_the_demo_in_json_is_true_and_leaves_nothing(
    site: "Site", checkout: Path, assert_gone: Callable[..., None]
) -> None:
    done = site.presso("demo", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    reported = json.loads(done.stdout)
    assert reported["ok"] is True
    assert [check for check in reported["checks"] if check["held"] is not True] == []
    assert reported["events_sent"] == reported["events_delivered"] >= 400
    assert reported["events_leaked"] == 0
    scenario = checkout / "modules" / "event-player" / "scenarios" / "quarter-hour.json"
    assert len(json.loads(scenario.read_text())["events"]) == reported["events_sent"]
    assert reported["tenants"] == {
        "nyc": {
            "sent": reported["events_sent"],
            "delivered": reported["events_sent"],
            "leaked": 0,
            "counted": drinks_of(scenario),
        },
        "sfo": {"sent": 0, "delivered": 0, "leaked": 0, "counted": {}},
    }
    phases = {"start", "tenants", "extension", "replay", "removal", "teardown"}
    assert reported["seconds"].keys() == {*phases, "total"}
    assert sum(drinks_of(scenario).values()) >= 60
    assert_gone(site)
    assert list(site.home.rglob("*")) == []


def test_the_commands_that_a_kept_demo_prints_work_and_need_no_terraform_on_path(
    site: "Site", without_terraform: str, until: Until, assert_gone: Callable[..., None]
) -> None:
    site.env["PATH"] = without_terraform
    done = site.presso("demo", "--keep")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) <= 40
    assert "\x1b" not in done.stdout
    assert re.search(r"(\d+) of \1 checks held", done.stdout)
    assert sum(bool(re.match(r" *\d+\.\d s  ", line)) for line in lines) == 4
    following = [line.strip() for line in lines[lines.index("Try next:") + 1 :]]
    commands = [shlex.split(re.split(r" {3,}", line)[0]) for line in following]
    assert [command[0] for command in commands] == ["./presso"] * len(commands)
    go_on = {next(a for a in command if a in ("watch", "play", "down")): command[1:] for command in commands}

    watching = site.start(*go_on["watch"])
    assert watching.stderr
    assert "Events of nyc" in watching.stderr.readline()
    # The same, faster: the story of one order.
    played = site.presso(*go_on["play"][:-1], "1000", "--scenario", "one-order")
    assert played.returncode == 0, played.stderr
    assert watching.stdout
    until(lambda: "Order" in watching.stdout.readline())  # type: ignore[union-attr]
    os.killpg(watching.pid, signal.SIGINT)
    watching.wait(timeout=PATIENCE)
    assert watching.returncode == 130
    assert site.presso(*go_on["down"]).returncode == 0
    assert_gone(site)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo with a shorter story, in this process."""
    monkeypatch.setattr(demo, "SCENARIO", "one-order")
    monkeypatch.setattr(demo, "SPEED", 1000.0)


@pytest.mark.usefixtures("short")
def test_an_event_that_leaks_fails_the_demo(
    site: "Site", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], assert_gone: Any
) -> None:
    play = player.Player.play

    def leaking(self: player.Player, *arguments: Any, **options: Any) -> Any:
        entry = {"Source": "another", "DetailType": "Stray", "Detail": "{}", "EventBusName": "sfo"}
        self._client("events").put_events(Entries=[entry])
        return play(self, *arguments, **options)

    monkeypatch.setattr(player.Player, "play", leaking)
    workspace = Workspace(site.root, site.home)
    assert demo.run(workspace, keep=False, json_wanted=True, quiet=False) == 1
    reported = json.loads(capsys.readouterr().out)
    assert reported["ok"] is False
    assert reported["events_leaked"] == reported["tenants"]["sfo"]["leaked"] == 1
    [failed] = [check["what"] for check in reported["checks"] if not check["held"]]
    assert "sfo was silent" in failed
    assert_gone(site)


def test_a_demo_whose_terraform_fails_prints_why_and_leaves_nothing(
    site: "Site", assert_gone: Callable[..., None]
) -> None:
    shutil.rmtree(site.root / "extensions" / "order-metrics")
    site.write("extensions/order-metrics/main.tf", FAILING)
    done = site.presso("demo")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(re.findall("^Error: .*/order-metrics: ", done.stderr, re.MULTILINE)) == 2
    assert re.search(r"^Error: The demo ends here: apply of nyc/order-metrics failed", done.stderr, re.M)
    assert "checks held" not in done.stdout
    assert_gone(site)
    assert list(site.home.rglob("*")) == []


@pytest.mark.parametrize("phase", ["start", "tenants", "replay"])
def test_ctrl_c_ends_the_demo_and_leaves_nothing_even_when_it_was_to_be_kept(
    site: "Site", until: Until, assert_gone: Callable[..., None], phase: str
) -> None:
    def reached(process: "subprocess.Popen[str]") -> None:
        if phase == "tenants":
            until(lambda: list(site.home.glob("demo/state/*/*/.*.lock.info")))
        elif phase == "replay":
            assert process.stdout
            until(lambda: "byte for byte" in process.stdout.readline())  # type: ignore[union-attr]

    for seed in seeds():
        Stop(seed)(site, "demo", "--keep", after=reached, within=2, again=True)
        assert_gone(site)
        assert list(site.home.rglob("*")) == []


def test_ctrl_c_takes_the_bars_of_the_demo_away(
    site: "Site", checkout: Path, until: Until, assert_gone: Callable[..., None]
) -> None:
    share_packages(checkout, site.root)
    locked = lambda _: until(lambda: list(site.home.glob("demo/state/*/core/.*.lock.info")))  # noqa: E731
    Stop(1)(site, "demo", "--bar", after=locked, within=2)
    assert_gone(site)
    assert [path.name for path in site.home.iterdir()] == ["packages"]


def test_a_second_demo_at_the_same_time_is_refused_and_a_killed_one_ends_by_itself(
    site: "Site", until: Until, assert_gone: Callable[..., None]
) -> None:
    process = site.start("demo")
    until(lambda: list(site.home.glob("demo/state/*/platform/platform.tfstate")))
    second = site.presso("demo")
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.startswith("Error: A demo is running in this checkout already.\nHint: ")
    process.kill()
    assert_gone(site)


def test_a_home_that_cannot_be_written_is_named(site: "Site") -> None:
    # Permissions do not hold root back; that a file is not a folder does.
    done = site.presso("demo", "--home", "tenants/nyc/tenant.yaml/x")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"Error: The demo cannot keep its files in .*/x/demo: .*\nHint: .*--home <folder>\n", done.stderr
    )
