"""`plan --all` and `apply --all`: tenant.yaml is the truth, and what is unchanged costs nothing."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from presso.deployment import state_files
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small

pytestmark = pytest.mark.slow


def ran(small: "Small", *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The units' results of a command on all units."""
    done = small.here(*arguments, "--all", "--json")
    assert done.returncode == code, done.stderr[-500:]
    return {unit["unit"]: unit for unit in json.loads(done.stdout)["units"]}


def changes(units: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: unit["change"] for name, unit in units.items() if not unit["left_out"]}


def test_units_are_left_out_until_one_of_their_inputs_changes(small: "Small") -> None:
    first = ran(small, "apply")
    assert set(changes(first).values()) == {"create"}
    assert len(changes(first)) == 6
    assert changes(ran(small, "apply")) == {}
    assert small.here("plan", "--all", "--detailed-exitcode").stdout == (
        "6 units: 6 unchanged (6 of them by their inputs alone; --refresh runs Terraform on them)\n"
    )
    small.tenant("nyc", "{name: cups, variables: {size: big}}", "queue")
    planned = ran(small, "plan", "--detailed-exitcode", code=2)
    assert changes(planned) == {"nyc/cups": "update"}
    assert planned["nyc/cups"]["why"] == ["variables"]
    state = Unit("sfo").state(small.workspace)  # as after an apply from another machine
    state.write_text(state.read_text().replace('"serial": ', '"serial": 1'))
    applied = ran(small, "apply")
    assert changes(applied) == {"nyc/cups": "update", "sfo": "unchanged"}
    assert applied["sfo"]["why"] == ["state"]
    assert changes(ran(small, "apply")) == {}


def test_what_no_tenant_lists_is_destroyed_and_its_platform_comes_last(small: "Small") -> None:
    ran(small, "apply")
    small.tenant("nyc", "cups")
    (small.workspace.tenants / "sfo" / "tenant.yaml").unlink()
    planned = small.here("plan", "--all", "--detailed-exitcode", "--markdown")
    assert planned.returncode == 2
    assert "6 units: 4 destroy, 2 unchanged" in planned.stdout
    assert "| `sfo/cups` | destroy | 0 | 0 | 1 |" in planned.stdout
    assert "- module.extension.terraform_data.table" in planned.stdout
    done = small.here("apply", "--all", "--json")
    assert "To destroy, because no tenant.yaml lists them: nyc/queue, sfo, sfo/cups, sfo/queue" in done.stderr
    units = {unit["unit"]: unit["result"] for unit in json.loads(done.stdout)["units"]}
    assert units == {
        **{"nyc": "unchanged", "nyc/cups": "unchanged"},
        **dict.fromkeys(("nyc/queue", "sfo", "sfo/cups", "sfo/queue"), "destroyed"),
    }
    assert [str(state.unit) for state in state_files.deployed(small.workspace)] == ["nyc", "nyc/cups"]
    kept = (small.workspace.home / "confirmed").rglob("*.json")
    assert sorted(path.stem for path in kept) == ["cups", "platform"]
    # A file that is wrong stops its tenant alone, and nothing of that counts as no longer listed.
    small.write("tenants/sfo/tenant.yaml", "name: sfo\ntitel: T\n")
    planned = ran(small, "plan", code=1)
    assert {name: unit["result"] for name, unit in planned.items()} == {
        "sfo": "failed",
        "nyc": "unchanged",
        "nyc/cups": "unchanged",
    }
    assert planned["sfo"]["message"].startswith("tenants/sfo/tenant.yaml:1: title: missing")
    assert planned["sfo"]["message"].endswith(" Its units stay as they are.")


def test_a_renamed_tenant_is_refused_with_the_reason_and_the_way(small: "Small") -> None:
    for name in ("nyc", "sfo"):
        small.tenant(name)
    (small.workspace.tenants / "sfo" / "tenant.yaml").unlink()
    ran(small, "apply")
    (small.workspace.tenants / "nyc").rename(small.workspace.tenants / "lax")
    small.write("tenants/lax/tenant.yaml", "name: lax\ntitle: Summit nyc\n")
    for action in ("plan", "apply"):
        refused = small.here(action, "--all")
        assert refused.returncode == 1
        assert "has the title of nyc, which is deployed and whose file is gone" in refused.stderr
        assert "presso destroy nyc --with-extensions" in refused.stderr
    small.tenant("lax")  # with a title of its own it is another tenant
    assert changes(ran(small, "plan")) == {"lax": "create", "nyc": "destroy"}
    named = json.loads(small.here("plan", "lax", "--json").stdout)
    assert named["orphaned"] == ["nyc"]


def test_a_failed_apply_confirms_nothing(small: "Small") -> None:
    small.tenant("nyc", "cups")
    (small.workspace.tenants / "sfo" / "tenant.yaml").unlink()
    ran(small, "apply")
    small.extension("cups", 'provisioner "local-exec" {\n command = "exit 3"\n }\n triggers_replace = 1')
    assert changes(ran(small, "apply", code=1)) == {"nyc/cups": "update"}
    small.extension("cups")  # as it was before
    again = ran(small, "apply")
    assert changes(again) == {"nyc/cups": "update"}
    assert again["nyc/cups"]["why"] == ["a run on it has not ended well"]
    assert set(changes(ran(small, "apply", "--refresh")).values()) == {"unchanged"}
    again = ran(small, "apply", "--refresh")
    assert len(changes(again)) == 2
    log = (small.workspace.root / again["nyc"]["log"]).read_text()
    assert '"operation":"plan"' in log  # and no apply, since no input of the platform has changed
    assert '"operation":"apply"' not in log
