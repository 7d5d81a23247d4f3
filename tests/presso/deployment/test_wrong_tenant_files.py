"""A tenant.yaml that is wrong stops its tenant alone."""

import errno
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from presso import tenants
from presso.commands.unit_runs import Options, _selected
from presso.deployment import cluster_station, shards, unit_selection
from presso.deployment.cluster_order import Order, RunOrder
from presso.deployment.runs import Runs
from presso.errors import PressoError, UsageError
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small


@pytest.fixture
def fleet(small: "Small") -> "Small":
    """nyc is right, and sfo, which is deployed, is wrong."""
    small.tenant("nyc", "cups")
    small.write("tenants/sfo/tenant.yaml", "name: sfo\ntitel: T\n")
    state = Unit("sfo").state(small.workspace)
    state.parent.mkdir(parents=True)
    state.write_text('{"version": 4, "resources": [{"mode": "managed", "instances": [{}]}]}')
    return small


@pytest.mark.parametrize("action", ["plan", "apply", "destroy"])
def test_the_others_are_selected_and_nothing_of_the_wrong_one(fleet: "Small", action: Any) -> None:
    selection = unit_selection.select(fleet.workspace, action, [], everything=True)
    assert selection.units == [Unit("nyc"), Unit("nyc", "cups")]
    assert selection.orphaned == frozenset()
    assert [*selection.broken] == ["sfo"]
    assert "tenants/sfo/tenant.yaml:2: titel" in selection.broken["sfo"].message


def test_with_fail_fast_or_by_name_nothing_begins(fleet: "Small") -> None:
    for patterns, options in ((None, Options(everything=True, fail_fast=True)), (["*"], Options())):
        with pytest.raises(UsageError, match="titel"):
            _selected(fleet.workspace, "plan", patterns, options)
    assert _selected(fleet.workspace, "plan", ["nyc"], Options()).units == [Unit("nyc")]


def test_wrong_defaults_stop_all(fleet: "Small") -> None:
    fleet.write("tenants/defaults.yaml", "name: x\n")
    with pytest.raises(UsageError, match="each tenant has a name of its own"):
        unit_selection.select(fleet.workspace, "plan", [], everything=True)


def test_the_matrix_has_a_shard_of_its_own_for_wrong_ones(
    fleet: "Small", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("presso.deployment.decisions.of", lambda *_: [])
    selection = unit_selection.select(fleet.workspace, "apply", [], everything=True)
    run = Runs(fleet.workspace, selection, "apply", cast("Any", None), cast("Any", None))
    assert shards.of_run(run, 8) == [shards.Shard([Unit("sfo")])]


def test_sweep_goes_on_and_fails(fleet: "Small") -> None:
    swept = fleet.here("sweep")
    assert swept.returncode == 1
    assert swept.stdout == "No deployed tenant has ended.\n"
    assert "tenants/sfo/tenant.yaml:2: titel" in swept.stderr


def test_a_worker_refuses_the_units_of_the_tenant_alone(fleet: "Small") -> None:
    run = RunOrder("ab", "apply", "0s", None)
    relay = cluster_station.Relay(lambda *_: None, "ab", "ada")
    session = cluster_station.Session(fleet.workspace, run, cast("Any", None), relay)
    message = session._tenant(Order(run, "sfo", {}, "", unsure=False), Unit("sfo"))
    assert isinstance(message, str)
    assert message.startswith("On worker ada, tenants/sfo/tenant.yaml:1: title: missing")
    assert [*session.command.selection.tenants] == ["nyc"]


def test_of_two_tenants_with_one_name_the_error_names_both(fleet: "Small") -> None:
    for copy in ("boston", "rome"):  # before and after it
        fleet.write(f"tenants/{copy}/tenant.yaml", "name: nyc\ntitle: T\n")
    known, broken = tenants.load_each(fleet.workspace)
    assert [*known] == ["nyc"]
    for copy in ("boston", "rome"):
        assert "is already the name of tenants/nyc/tenant.yaml" in broken[copy].message
    with pytest.raises(PressoError):
        tenants.load_all(fleet.workspace)


@pytest.mark.parametrize("linked", ["tenant.yaml", "."])
def test_a_file_behind_a_broken_link_is_wrong_and_not_gone(
    fleet: "Small", tmp_path: Path, linked: str
) -> None:
    """Otherwise, what the tenant has would be destroyed as no longer listed."""
    folder = fleet.workspace.tenants / "sfo"
    shutil.rmtree(folder)
    if linked == "tenant.yaml":
        folder.mkdir()
    (folder / linked).symlink_to(tmp_path / "not mounted")
    selection = unit_selection.select(fleet.workspace, "apply", [], everything=True)
    assert selection.units == [Unit("nyc"), Unit("nyc", "cups")]
    assert selection.orphaned == frozenset()
    assert "tenants/sfo/tenant.yaml cannot be read" in selection.broken["sfo"].message


def test_a_folder_that_cannot_be_read_is_wrong_and_not_gone(
    fleet: "Small", monkeypatch: pytest.MonkeyPatch
) -> None:
    def stat(path: Path, **options: Any) -> Any:
        if "sfo" in path.parts:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, **options)

    real = Path.stat
    monkeypatch.setattr(Path, "stat", stat)
    assert tenants.names_of(fleet.workspace) == ["nyc", "sfo"]


def test_defaults_behind_a_broken_link_stop_all(fleet: "Small", tmp_path: Path) -> None:
    (fleet.workspace.tenants / "defaults.yaml").symlink_to(tmp_path / "not mounted")
    with pytest.raises(UsageError, match=r"defaults\.yaml cannot be read"):
        tenants.load_each(fleet.workspace)
