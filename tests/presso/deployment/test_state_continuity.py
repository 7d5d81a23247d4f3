"""A state that is lost, or older than what the last run left, is reported, with the copy to go back to."""

import json
import re
from pathlib import Path

import pytest

from presso.deployment import state_backup, state_continuity, state_files, state_migration, unit_selection
from presso.deployment.confirmed import ConfirmedStates
from presso.errors import PressoError
from presso.tenants import StateBucket, Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace

CUPS = Unit("nyc", "cups")


class Cups:
    """A unit with a state in a file, and what its runs do."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root, root / ".presso")
        self.file = CUPS.state(self.workspace)
        self.records = ConfirmedStates(self.workspace, CUPS, None)

    def write(self, serial: int, lineage: str = "a") -> None:
        state = {"version": 4, "serial": serial, "lineage": lineage, "resources": []}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(state, indent=2))

    def run(self, serial: int, lineage: str = "a", *, ends: str = "well") -> None:
        """Apply it, which leaves a state."""
        self.refuse()
        state_backup.keep(self.workspace, CUPS)
        run = self.records.begin()
        self.write(serial, lineage)
        if ends != "by a kill":
            self.records.end(run, {"module": "1"} if ends == "well" else None)

    def refuse(self) -> None:
        state_continuity.refuse(self.workspace, CUPS, None)

    def reported(self) -> tuple[str, str]:
        with pytest.raises(PressoError) as error:
            self.refuse()
        return error.value.message, error.value.hint


@pytest.fixture
def cups(tmp_path: Path) -> Cups:
    return Cups(tmp_path)


STATE = ".presso/state/nyc/cups/cups.tfstate"
RECORD = ".presso/confirmed/nyc/cups.json"


@pytest.mark.parametrize("ends", ["well", "badly", "by a kill"])
def test_a_state_that_is_as_the_last_run_left_it_or_newer_is_used(cups: Cups, ends: str) -> None:
    cups.run(3)
    cups.run(4, ends=ends)
    cups.refuse()
    cups.write(9)  # by Terraform, by hand
    cups.refuse()
    cups.file.write_text(json.dumps(json.loads(cups.file.read_text())))  # on one line, by another program
    cups.refuse()


@pytest.mark.parametrize("ends", ["well", "badly", "by a kill"])
def test_a_lost_state_is_reported_after_each_end_of_the_last_run(cups: Cups, ends: str) -> None:
    cups.run(3)
    cups.run(5, ends=ends)
    cups.file.unlink()
    left = 3 if ends == "by a kill" else 5  # the record of a killed run has what the one before left
    message, hint = cups.reported()
    assert message == f"nyc/cups: the state is lost; the last run left serial {left} in {STATE}."
    assert f"cp {STATE}.before {STATE}" in hint
    assert (f"&& rm {RECORD}" in hint) == (left == 5)


def test_following_the_hint_ends_it(cups: Cups) -> None:
    cups.run(3)
    cups.run(5)
    cups.file.unlink()
    assert "accept that it lacks the last changes" in cups.reported()[1]
    cups.file.write_text(cups.file.with_name("cups.tfstate.before").read_text())
    message, hint = cups.reported()
    assert message == f"nyc/cups: an older state (serial 3; the last run left 5) is in {STATE}."
    assert hint.startswith("No newer copy was found")
    assert f"rm {RECORD}" in hint
    (cups.workspace.root / RECORD).unlink()
    cups.refuse()


def test_an_older_state_names_the_newest_copy_of_the_same_lineage(cups: Cups) -> None:
    cups.run(5)
    for ending, serial, lineage in ((".backup", 8, "b"), (".before", 5, "a")):
        cups.write(serial, lineage)
        cups.file.rename(cups.file.with_name(cups.file.name + ending))
    cups.write(2)
    assert cups.reported()[1].startswith(
        f"Go back to {STATE}.before (serial 5): cp {STATE}.before {STATE}. If"
    )
    cups.write(7, "c")
    message, hint = cups.reported()
    assert message == f"nyc/cups: another state (lineage c, not a of the last run) is in {STATE}."
    assert f"cp {STATE}.before {STATE}" in hint


def test_a_lost_state_of_a_unit_that_no_tenant_lists_is_among_the_deployed_and_selected_by_all(
    cups: Cups,
) -> None:
    cups.run(3)
    cups.file.unlink()
    (state,) = state_files.deployed(cups.workspace)
    assert (state.unit, state.resources) == (CUPS, 0)
    assert state.broken
    assert state.broken.message.endswith(f"the state is lost; the last run left serial 3 in {STATE}.")
    file = cups.workspace.root / "tenants" / "nyc" / "tenant.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: nyc\ntitle: NYC\n")
    selection = unit_selection.select(cups.workspace, "apply", [], everything=True)
    assert selection.units == [Unit("nyc"), CUPS]
    assert selection.orphaned == {CUPS}  # so that the run reports it
    with pytest.raises(PressoError, match="nyc cannot be destroyed"):
        unit_selection.select(cups.workspace, "destroy", ["nyc"])


def test_a_unit_that_was_destroyed_may_have_no_state(cups: Cups) -> None:
    cups.run(3)
    run = cups.records.begin()
    cups.write(4)
    cups.records.end(run, None, gone=True)
    cups.file.unlink()
    cups.refuse()  # even when the run was killed before it removed the record
    assert state_files.deployed(cups.workspace) == []
    cups.records.forget()
    cups.run(1, "b")
    cups.refuse()


def test_a_unit_whose_first_run_failed_may_have_no_state(cups: Cups) -> None:
    cups.refuse()
    cups.records.end(cups.records.begin(), None)
    cups.refuse()
    cups.records.begin()  # one that is at work, which `unfinished` knows
    assert state_files.deployed(cups.workspace) == []
    cups.run(1)


def test_an_older_state_is_not_moved(cups: Cups) -> None:
    cups.run(3)
    cups.write(2)
    tenant = Tenant(name="nyc", title="NYC", state=StateBucket(bucket="acme-states"))
    with pytest.raises(PressoError, match=re.escape("an older state (serial 2; the last run left 3)")):
        state_migration.migrate(cups.workspace, tenant)
