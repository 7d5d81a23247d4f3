"""Two runs at once on one tenant: a platform stays under its extensions, and a unit with its run."""

from typing import TYPE_CHECKING

import pytest

from presso import tenants
from presso.deployment import run_log, runs, target_environment, tenant_lock, unfinished, unit_selection
from presso.deployment.progress import Silent
from presso.errors import PressoError
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small

pytestmark = pytest.mark.slow
PLATFORM, CUPS = Unit("nyc"), Unit("nyc", "cups")


def test_a_platform_stays_under_an_extension_that_is_being_applied(small: "Small") -> None:
    small.run("apply", "nyc")
    nyc = tenants.load(small.workspace, "nyc")
    with tenant_lock.held(small.workspace, CUPS, "apply", nyc):
        outcome = small.run("destroy", "nyc")["nyc"]
        assert outcome.message == "another run works on tenant nyc."
        moment = unfinished.begin(small.workspace, CUPS, "apply")
        with pytest.raises(PressoError, match="nyc/cups is still deployed on it"):
            small.run("destroy", "nyc")
        with (
            pytest.raises(PressoError, match=r"nyc/cups \(apply by process \d+, since "),
            tenant_lock.held(small.workspace, PLATFORM, "destroy", nyc),
        ):
            pass
        unfinished.end(small.workspace, CUPS, moment)
    assert small.run("destroy", "nyc")["nyc"].result == "destroyed"
    assert [path for path in small.workspace.home.rglob("*") if path.is_file()] == []


def test_an_extension_is_not_applied_on_a_platform_that_is_or_was_being_destroyed(small: "Small") -> None:
    small.run("apply", "nyc")
    nyc = tenants.load(small.workspace, "nyc")
    selection = unit_selection.select(small.workspace, "apply", ["nyc/cups"])
    environments = target_environment.Environments.under(small.workspace, selection.targets())
    late = runs.Runs(small.workspace, selection, "apply", environments.of, Silent(), parallel=1)
    with tenant_lock.held(small.workspace, PLATFORM, "destroy", nyc):
        assert "another run works on" in small.run("apply", "nyc/cups")["nyc/cups"].message
    assert small.run("destroy", "nyc")["nyc"].result == "destroyed"
    (outcome,) = late.execute()
    assert outcome.message == "nyc/cups needs its tenant's platform, and nyc has just been destroyed."
    assert outcome.hint == "Apply both: presso apply nyc nyc/cups"


def test_destroying_an_absent_unit_leaves_the_folder_of_a_running_apply(small: "Small") -> None:
    folder = CUPS.folder(small.workspace)
    folder.mkdir(parents=True)
    with run_log.claimed(folder):
        outcome = small.run("destroy", "nyc/cups")["nyc/cups"]
        assert (outcome.result, outcome.message) == ("failed", "another run works on it.")
        assert folder.is_dir()
    assert small.run("destroy", "nyc/cups")["nyc/cups"].result == "absent"
    assert not folder.exists()
