"""A day of two tenants by the command line: apply, by hand, play, destroy, down; and nothing is left."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from presso import snapshot

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

BY_HAND = """
eval "$("$PYTHON" -m presso env)"
terraform -chdir=.presso/units/{} plan -detailed-exitcode -input=false
"""
UNITS = ("nyc", "nyc/order-metrics", "sfo", "sfo/order-metrics")


@pytest.mark.parametrize("terraform", ["on PATH", "of presso's own"])
def test_a_day_from_up_to_down(
    site: "Site", without_terraform: str, assert_gone: Callable[..., None], terraform: str
) -> None:
    if terraform == "of presso's own":
        site.env["PATH"] = without_terraform
    site.local.ensure()
    port = int(site.running().endpoint.rpartition(":")[2])
    nothing = site.snapshot()
    applied = json.loads(site.done("apply", "--all", "--json"))
    assert [(unit["unit"], unit["result"]) for unit in applied["units"]] == [(u, "applied") for u in UNITS]
    assert_no_changes_by_hand(site)
    # In the order of the units' names: nothing depends on what was asked for first.
    status = json.loads(site.done("status", "--json"))
    assert [unit["unit"] for unit in status["units"]] == list(UNITS)
    assert status["local"]["running"] is True
    played = json.loads(site.done("play", "nyc", "--scenario", "one-order", "--speed", "1000", "--json"))
    assert played["detail_types"]["OrderManager.WaitingCompletion"] == 1

    site.done("destroy", "--all")
    assert snapshot.differences(nothing, site.snapshot()) == []
    assert json.loads(site.done("status", "--json"))["units"] == []
    assert site.left_running()
    site.done("down")
    assert_gone(site, port)
    assert {path.name for path in site.home.iterdir()} <= {"local", "units"}


def assert_no_changes_by_hand(site: "Site") -> None:
    """Plain Terraform sees no changes, in a shell that has evaluated what `presso env` prints."""
    site.env["PYTHON"] = sys.executable
    for unit in UNITS[:2]:
        shell = site.run("/bin/sh", "-c", BY_HAND.format(unit))
        out, err = shell.communicate(timeout=60)
        assert shell.returncode == 0, out + err
        assert "No changes." in out
