"""A day of two tenants by the command line: apply, by hand, play, destroy, down; and nothing is left."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.patience import PATIENCE

from presso import snapshot

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

BY_HAND = """
eval "$("$PYTHON" -m presso env)"
terraform -chdir=.presso/units/{} plan -detailed-exitcode -input=false
"""


def test_a_day_from_up_to_down(
    site: "Site", without_terraform: str, assert_gone: Callable[..., None]
) -> None:
    site.local.ensure()
    port = int(site.running().endpoint.rpartition(":")[2])
    nothing = site.snapshot()
    added = applied(site)
    assert_no_changes_by_hand(site, "nyc", "nyc/order-metrics")
    path = os.environ["PATH"]
    site.env["PATH"] = without_terraform  # presso's own does the same
    assert_no_changes_by_hand(site, "sfo")
    site.env["PATH"] = path
    # In the order of the units' names: nothing depends on what was asked for first.
    status = json.loads(site.done("status", "--json"))
    assert [unit["unit"] for unit in status["units"]] == list(added)
    assert status["local"]["running"] is True
    played = json.loads(site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000", "--json"))
    assert played["detail_types"]["OrderManager.WaitingCompletion"] == 1

    destroyed: Counter[str] = Counter()
    for asked in (("nyc", "--with-extensions"), ("--all",)):
        for unit in json.loads(site.done("destroy", *asked, "--json"))["units"]:
            destroyed[unit["unit"]] += unit["destroyed"]
    assert destroyed == added
    assert snapshot.differences(nothing, site.snapshot()) == []
    assert json.loads(site.done("status", "--json"))["units"] == []
    assert site.left_running()
    site.done("down")
    assert_gone(site, port)
    assert {path.name for path in site.home.iterdir()} <= {"local", "units", "judged", "runs"}
    verdicts = {path.relative_to(site.home / "judged") for path in site.home.glob("judged/**/*.json")}
    assert verdicts == {Path("nyc/order-metrics.json"), Path("sfo/order-metrics.json")}
    assert list((site.home / "units").rglob("*")) == []


def applied(site: "Site") -> dict[str, int]:
    """Apply both tenants and their extensions, and plan them again; the resources of each."""
    units = json.loads(site.done("apply", "--all", "--json"))["units"]
    wanted = ["nyc", "nyc/order-metrics", "sfo", "sfo/order-metrics"]
    assert [(unit["unit"], unit["result"]) for unit in units] == [(unit, "applied") for unit in wanted]
    assert site.presso("plan", "--all", "--refresh", "--detailed-exitcode").returncode == 0
    return {unit["unit"]: unit["added"] for unit in units}


def assert_no_changes_by_hand(site: "Site", *units: str) -> None:
    """Plain Terraform sees no changes, in a shell that has evaluated what `presso env` prints."""
    site.env["PYTHON"] = sys.executable
    for unit in units:
        shell = site.run("/bin/sh", "-c", BY_HAND.format(unit))
        out, err = shell.communicate(timeout=PATIENCE)
        assert shell.returncode == 0, out + err
        assert "No changes." in out
