"""plan, apply and destroy: in order, in parallel, and what a failure, a crash or Ctrl-C leaves."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.patience import PATIENCE

from presso.deployment import state_files, unit_selection
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.errors import PressoError, UsageError
from presso.terraform.json_stream import Transcript
from presso.units import unit_folder
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small

pytestmark = pytest.mark.slow

Until = Callable[[Callable[[], object]], None]
FAILS = 'provisioner "local-exec" {\n command = "echo no milk; exit 3"\n }'


def results(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.result for name, outcome in outcomes.items()}


def deployed_units(small: "Small") -> list[str]:
    return [str(state.unit) for state in state_files.deployed(small.workspace)]


class Diary(Silent):
    """Records what the runs send to a display."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []
        self.most_done = 0

    def began(self, unit: Unit, phase: str) -> None:
        self.entries.append((phase, str(unit)))

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        self.most_done = max(self.most_done, transcript.done)

    def ended(self, outcome: Outcome) -> None:
        self.entries.append((outcome.result, str(outcome.unit)))


class TestTheUsualWay:
    def test_everything_is_planned_applied_and_destroyed(self, small: "Small") -> None:
        assert set(results(small.run("plan")).values()) == {"changes"}
        applied = small.run("apply")
        assert results(applied) == dict.fromkeys(applied, "applied")
        assert (applied["nyc"].changes.added, applied["nyc/cups"].changes.added) == (2, 1)
        assert set(results(small.run("plan")).values()) == {"unchanged"}
        assert set(results(small.run("apply")).values()) == {"unchanged"}
        assert deployed_units(small) == ["nyc", "nyc/cups", "nyc/queue", "sfo", "sfo/cups", "sfo/queue"]
        assert set(results(small.run("destroy")).values()) == {"destroyed"}
        assert set(results(small.run("destroy")).values()) == {"absent"}

    def test_destroy_leaves_no_file(self, small: "Small") -> None:
        small.run("apply")
        small.run("destroy")
        assert [path for path in small.workspace.home.rglob("*") if path.is_file()] == []

    def test_a_plan_lists_each_resource(self, small: "Small") -> None:
        planned = small.run("plan", "nyc/cups")["nyc/cups"].planned
        assert [(change.action, change.address) for change in planned] == [
            ("create", "module.extension.terraform_data.table")
        ]

    def test_a_changed_variable_is_an_update(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        small.tenant("nyc", "{name: cups, variables: {size: big}}", "queue")
        (change,) = small.run("plan", "nyc/cups")["nyc/cups"].planned
        assert change.action == "update"
        assert small.run("apply", "nyc/cups")["nyc/cups"].changes.changed == 1

    def test_progress_counts_resources(self, small: "Small") -> None:
        diary = Diary()
        small.run("apply", "nyc", display=diary)
        assert diary.entries == [("init", "nyc"), ("apply", "nyc"), ("applied", "nyc")]
        assert diary.most_done == 2

    def test_init_runs_once_and_again_when_something_that_it_reads_changes(self, small: "Small") -> None:
        def begun(action: Action, *units: str) -> list[tuple[str, str]]:
            diary = Diary()
            small.run(action, *units, display=diary)
            return [entry for entry in diary.entries if entry[0] in ("init", action)]

        both = [("apply", "nyc"), ("apply", "nyc/cups")]
        assert begun("apply", "nyc", "nyc/cups") == [("init", "nyc"), both[0], ("init", "nyc/cups"), both[1]]
        small.tenant("nyc", "{name: cups, variables: {size: big}}")
        assert begun("apply", "nyc", "nyc/cups") == both[1:]  # nyc, unchanged, is planned alone
        small.extension("cups", "triggers_replace = 1")
        assert begun("plan", "nyc/cups") == [("plan", "nyc/cups")]
        small.tenant("nyc", "cups", player="false")
        assert begun("plan", "nyc") == [("plan", "nyc")]
        assert begun("destroy", "nyc/cups") == [("destroy", "nyc/cups")]
        small.tenant("nyc", "cups")
        small.write("extensions/cups/more/main.tf", "")
        small.write("extensions/cups/more.tf", 'module "more" {\n  source = "./more"\n}\n')
        assert begun("plan", "nyc/cups")[-2:] == [("init", "nyc/cups"), ("plan", "nyc/cups")]

    @pytest.mark.skipif(not shutil.which("git"), reason="git is not installed here")
    def test_a_version_of_an_extension_comes_from_the_repositorys_history(self, small: "Small") -> None:
        git = ["git", "-C", str(small.workspace.root), "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for step in (["init", "-q"], ["add", "extensions"], ["commit", "-qm", "x"], ["tag", "v1"]):
            subprocess.run([*git, *step], check=True, capture_output=True)
        small.extension("cups", FAILS)
        small.tenant("nyc", "{name: cups, version: v1}")
        small.tenant("sfo", "cups")
        applied = results(small.run("apply"))
        assert (applied["nyc/cups"], applied["sfo/cups"]) == ("applied", "failed")

    @pytest.mark.skipif(not shutil.which("git"), reason="git is not installed here")
    def test_a_version_that_is_not_there_is_named(self, small: "Small") -> None:
        subprocess.run(["git", "-C", str(small.workspace.root), "init", "-q"], check=True)
        small.tenant("nyc", "{name: cups, version: v9}")
        failed = small.run("plan", "nyc/cups")["nyc/cups"]
        assert failed.result == "failed"
        assert "There is no git ref v9" in failed.message
        assert "git fetch --tags" in failed.hint

    def test_an_extension_goes_though_its_files_have_become_unreadable(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        small.write("extensions/cups/main.tf", "resource {{{")
        (small.workspace.extensions / "cups" / "link").symlink_to("/")
        assert results(small.run("destroy", "nyc/cups")) == {"nyc/cups": "destroyed"}

    def test_a_provisioner_that_has_been_added_since_does_not_run_when_it_goes(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        ran = small.workspace.root / "ran"
        small.extension(
            "cups", f'provisioner "local-exec" {{\n when = destroy\n command = "touch {ran}"\n }}'
        )
        small.run("destroy", "nyc/cups")
        assert not ran.exists()


class TestTargets:
    """A unit's own folder remembers where it was applied."""

    @staticmethod
    def stand_on_aws(small: "Small", unit: str) -> None:
        """Make a unit's folder state that it is deployed to aws."""
        file = Unit.named(unit).folder(small.workspace) / "main.tf.json"
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "provider": {"aws": {"region": "us-east-1"}}}))

    def test_a_unit_is_not_changed_on_a_target_where_it_is_not_deployed(self, small: "Small") -> None:
        small.run("apply", "nyc")
        self.stand_on_aws(small, "nyc")
        for action in ("plan", "apply", "destroy"):
            with pytest.raises(
                PressoError, match=r"nyc is deployed to target aws, but .* now sets target: local"
            ):
                small.run(action, "nyc")  # type: ignore[arg-type]
        selection = unit_selection.select(small.workspace, "plan", [], everything=True)
        assert {unit.tenant for unit in selection.units} == {"sfo"}
        assert "now sets target: local" in selection.broken["nyc"].message

    def test_what_no_file_asks_for_any_more_is_destroyed_where_it_is_deployed(self, small: "Small") -> None:
        small.run("apply", "nyc")
        self.stand_on_aws(small, "nyc")
        shutil.rmtree(small.workspace.tenants / "nyc")
        selection = unit_selection.select(small.workspace, "destroy", ["nyc"])
        assert selection.targets() == {"aws"}


class TestOrder:
    def test_extensions_come_after_their_platform_and_go_before_it(self, small: "Small") -> None:
        diary = Diary()
        small.run("apply", "nyc/*", "nyc", display=diary, parallel=4)
        assert diary.entries.index(("applied", "nyc")) < diary.entries.index(("apply", "nyc/cups"))
        diary = Diary()
        small.run("destroy", "nyc", with_extensions=True, display=diary, parallel=4)
        last = max(diary.entries.index(("destroyed", unit)) for unit in ("nyc/cups", "nyc/queue"))
        assert last < diary.entries.index(("destroy", "nyc"))

    def test_an_extension_without_its_platform_is_refused(self, small: "Small") -> None:
        with pytest.raises(PressoError, match="nyc is not applied") as error:
            small.run("apply", "nyc/cups")
        assert "presso apply nyc nyc/cups" in error.value.hint

    def test_a_platform_under_extensions_is_not_destroyed(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        with pytest.raises(PressoError, match="nyc/cups is still deployed on it"):
            small.run("destroy", "nyc")
        assert deployed_units(small) == ["nyc", "nyc/cups"]

    def test_neither_under_an_extension_that_its_file_does_not_list_any_more(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        small.tenant("nyc")
        with pytest.raises(PressoError, match="nyc/cups is still deployed on it"):
            small.run("destroy", "nyc")
        outcomes = small.run("destroy", "nyc", with_extensions=True)
        assert results(outcomes) == {"nyc": "destroyed", "nyc/cups": "destroyed"}

    def test_an_extension_whose_module_is_gone_can_still_be_destroyed(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        for tenant in ("nyc", "sfo"):
            small.tenant(tenant, "queue")
        (small.workspace.extensions / "cups" / "main.tf").unlink()
        assert results(small.run("destroy", "nyc/cups")) == {"nyc/cups": "destroyed"}
        assert deployed_units(small) == ["nyc"]

    def test_a_tenant_whose_file_is_gone_can_still_be_destroyed(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        (small.workspace.tenants / "nyc" / "tenant.yaml").unlink()
        outcomes = small.run("destroy", "nyc", with_extensions=True)
        assert set(results(outcomes).values()) == {"destroyed"}

    def test_another_tenants_broken_file_does_not_matter(self, small: "Small") -> None:
        small.write("tenants/sfo/tenant.yaml", "name: [")
        assert small.run("apply", "nyc")["nyc"].result == "applied"
        outcomes = small.run("plan")
        assert results(outcomes) == {
            "nyc": "unchanged",
            "nyc/cups": "changes",
            "nyc/queue": "changes",
            "sfo": "failed",
        }
        assert "invalid YAML" in outcomes["sfo"].message

    def test_what_is_not_declared_cannot_be_applied(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        small.tenant("nyc")
        with pytest.raises(UsageError, match="no extension cups"):
            small.run("apply", "nyc/cups")


class TestFailure:
    def test_a_failed_platform_stops_its_extensions_and_no_other_unit(self, small: "Small") -> None:
        small.write("modules/tenant/fails.tf", failing_in("nyc"))
        outcomes = small.run("apply")
        assert results(outcomes) == {
            "nyc": "failed",
            "nyc/cups": "skipped",
            "nyc/queue": "skipped",
            "sfo": "applied",
            "sfo/cups": "applied",
            "sfo/queue": "applied",
        }
        assert outcomes["nyc/cups"].message == "needs nyc, which failed"

    def test_a_failed_extension_stops_only_its_platforms_destruction(self, small: "Small") -> None:
        small.run("apply")
        small.write(".presso/state/nyc/cups/cups.tfstate", "{")
        outcomes = results(small.run("destroy"))
        assert outcomes["nyc/cups"] == "failed"
        assert outcomes["nyc"] == "skipped"
        assert outcomes["nyc/queue"] == "destroyed"

    def test_the_error_names_the_file_the_line_the_resource_and_the_log(self, small: "Small") -> None:
        small.extension("cups", FAILS)
        failed = small.run("apply", "nyc", "nyc/cups")["nyc/cups"]
        (error,) = failed.diagnostics
        assert (error.summary, error.file) == ("local-exec provisioner error", "extensions/cups/main.tf")
        assert error.line == 8
        assert error.address == "module.extension.terraform_data.table"
        assert "no milk" in error.detail
        assert failed.log == ".presso/units/nyc/cups/terraform.log"
        assert "no milk" in (small.workspace.root / failed.log).read_text()

    def test_the_next_run_repairs_what_failed_half_way(self, small: "Small") -> None:
        small.extension("cups", FAILS)
        small.run("apply", "nyc", "nyc/cups")
        small.extension("cups")
        assert small.run("apply", "nyc/cups")["nyc/cups"].result == "applied"

    def test_broken_hcl_is_named_with_file_and_line(self, small: "Small") -> None:
        small.write("extensions/cups/broken.tf", 'resource "terraform_data" {\n')
        failed = small.run("plan", "nyc/cups")["nyc/cups"]
        assert failed.result == "failed"
        assert ("extensions/cups/broken.tf", 1) in [(d.file, d.line) for d in failed.diagnostics]

    def test_a_held_lock_names_who_holds_it_and_the_way_out(self, small: "Small", until: Until) -> None:
        go = small.workspace.root / "go"
        small.extension("cups", f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        first = small.start("apply", "nyc/cups")
        until(lambda: list(small.workspace.home.glob("state/nyc/cups/.cups.tfstate.lock.info")))
        second = small.run("apply", "nyc/cups")["nyc/cups"]
        go.touch()
        first.communicate(timeout=PATIENCE)
        assert first.returncode == 0
        assert second.result == "failed"
        assert second.message.startswith("The state is locked by ")
        assert ": apply, since 20" in second.message
        assert "If that run is dead: presso state unlock nyc/cups" in second.hint
        assert "--lock-timeout" in second.hint


class TestAnErrorInOneUnit:
    """An exception while presso works on a unit is that unit's outcome; the others go on."""

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (PressoError("No milk."), "No milk."),
            (OSError(5, "Input/output error", "milk.json"), "milk.json: Input/output error."),
            (TypeError("date is not JSON\nat all"), "presso has a bug: TypeError: date is not JSON"),
        ],
        ids=["expected", "of the system", "a bug"],
    )
    def test_is_its_outcome_and_the_others_go_on(
        self, small: "Small", monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
    ) -> None:
        write = unit_folder.write

        def failing(workspace: Any, unit: Unit, *arguments: Any, **options: Any) -> bool:
            if unit == Unit("nyc", "cups"):
                raise error
            return write(workspace, unit, *arguments, **options)

        monkeypatch.setattr(unit_folder, "write", failing)
        outcomes = small.run("apply")
        assert results(outcomes) == {**dict.fromkeys(outcomes, "applied"), "nyc/cups": "failed"}
        assert outcomes["nyc/cups"].message == message

    def test_that_presso_did_not_foresee_is_written_to_a_file_that_is_named(
        self, small: "Small", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unit_folder, "write", lambda *_, **options: 1 / 0)
        failed = small.run("plan", "nyc")["nyc"]
        (path,) = small.workspace.home.glob("bug-*.log")
        assert failed.hint == f"Please report it with {small.workspace.shown(path)}"
        assert "ZeroDivisionError: division by zero" in path.read_text()

    def test_is_in_the_table_and_in_the_json(self, small: "Small") -> None:
        (small.workspace.home / "units" / "nyc" / "cups" / "terraform.log").mkdir(parents=True)
        done = small.presso("apply", "--all")
        assert done.returncode == 1
        assert "Error: nyc/cups: " in done.stderr
        assert "terraform.log: Is a directory." in done.stderr
        assert "Traceback" not in done.stderr
        assert [row.split()[:2] for row in done.stdout.splitlines()[1:]] == [
            ["nyc", "applied"],
            ["nyc/cups", "failed"],
            ["nyc/queue", "applied"],
            ["sfo", "applied"],
            ["sfo/cups", "applied"],
            ["sfo/queue", "applied"],
        ]
        again = small.presso("apply", "--all", "--json")
        assert again.returncode == 1
        assert [unit["result"] for unit in json.loads(again.stdout)["units"]] == [
            *("unchanged", "failed", "unchanged"),
            *("unchanged", "unchanged", "unchanged"),
        ]

    def test_what_a_display_raises_does_not_leave_terraform_alone(self, small: "Small") -> None:
        class Broken(Silent):
            def moved(self, unit: Unit, transcript: Transcript) -> None:
                raise ZeroDivisionError

        assert small.run("apply", "nyc", display=Broken())["nyc"].result == "failed"
        assert small.run("apply", "nyc")["nyc"].result == "unchanged"  # it was waited for


class TestLogs:
    def test_two_runs_at_once_on_a_unit_have_a_log_each(self, small: "Small", until: Until) -> None:
        go = small.workspace.root / "go"
        small.extension("cups", f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        first = small.start("apply", "nyc/cups", "--json")
        until(Path(f"{go}.started").exists)
        second = small.run("apply", "nyc/cups")["nyc/cups"]
        go.touch()
        out, _ = first.communicate(timeout=PATIENCE)
        (unit,) = json.loads(out)["units"]
        assert (unit["result"], second.result) == ("applied", "failed")
        logs = {name: (small.workspace.root / name).read_text() for name in (unit["log"], second.log)}
        assert ["Error acquiring the state lock" in text for text in logs.values()] == [False, True]

    def test_a_run_begins_an_empty_one(self, small: "Small") -> None:
        first = small.run("apply", "nyc")["nyc"]
        second = small.run("plan", "nyc")["nyc"]
        assert first.log == second.log == ".presso/units/nyc/terraform.log"
        assert "apply_start" not in (small.workspace.root / second.log).read_text()


def failing_in(tenant: str) -> str:
    return f"""
        resource "terraform_data" "failing" {{
          lifecycle {{
            precondition {{
              condition     = var.name != "{tenant}"
              error_message = "No milk in {tenant}."
            }}
          }}
        }}
        """


def waiting(go: Path) -> str:
    return f"touch {go}.started; while [ ! -e {go} ]; do sleep 0.05; done"


class TestCrash:
    def test_a_half_done_init_is_done_again(self, small: "Small") -> None:
        small.run("plan", "nyc/cups")
        folder = Unit("nyc", "cups").folder(small.workspace)
        (folder / ".terraform" / "presso-stamp").unlink()
        (folder / ".terraform" / "modules" / "modules.json").write_text("{")
        assert small.run("plan", "nyc/cups")["nyc/cups"].result == "changes"

    def test_when_terraform_asks_for_init_it_gets_it_once(self, small: "Small") -> None:
        small.run("plan", "nyc/cups")
        small.write("extensions/cups/more.tf", 'module "more" {\n source = "./more"\n}\n')
        small.write("extensions/cups/more/main.tf", 'resource "terraform_data" "more" {}\n')
        diary = Diary()
        outcome = small.run("plan", "nyc/cups", display=diary)["nyc/cups"]
        assert (outcome.result, outcome.changes.added) == ("changes", 2)
        assert [phase for phase, _ in diary.entries] == ["plan", "init", "plan", "changes"]

    def test_a_killed_terraform_is_reported_and_the_next_run_works(
        self, small: "Small", until: Until
    ) -> None:
        go = small.workspace.root / "go"
        small.extension("cups", f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        process = small.start("apply", "nyc/cups")
        until(Path(f"{go}.started").exists)
        lock = next(small.workspace.home.glob("state/nyc/cups/.cups.tfstate.lock.info"))
        subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=True)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert "nyc/cups: Terraform was killed by signal 9" in err
        assert "Traceback" not in err
        go.touch()
        assert lock.exists()  # what a kill leaves; the lock itself went with the process
        assert small.run("apply", "nyc/cups")["nyc/cups"].result == "applied"

    def test_a_killed_presso_lets_terraform_end_in_peace(self, small: "Small", until: Until) -> None:
        go = small.workspace.root / "go"
        small.extension("cups", f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        process = small.start("apply", "nyc/cups")
        until(Path(f"{go}.started").exists)
        process.kill()
        process.wait()
        go.touch()
        until(lambda: "nyc/cups" in deployed_units(small))
        until(lambda: not list(small.workspace.home.glob("state/nyc/cups/.cups.tfstate.lock.info")))
        assert small.run("apply", "nyc/cups")["nyc/cups"].result == "unchanged"

    def test_a_broken_state_file_is_named_with_its_backup_and_stops_only_its_unit(
        self, small: "Small"
    ) -> None:
        small.run("apply", "nyc")
        state = Unit("nyc").state(small.workspace)
        state.with_name(state.name + ".backup").write_bytes(state.read_bytes())
        state.write_text('{"version": 4,')
        outcomes = small.run("apply", "nyc", "sfo")
        assert results(outcomes) == {"nyc": "failed", "sfo": "applied"}
        assert "platform.tfstate is not a Terraform state" in outcomes["nyc"].message
        assert f"cp {state}.backup {state}" in outcomes["nyc"].hint
        reported = json.loads(small.presso("status", "--json").stdout)["units"]
        assert [(unit["unit"], unit["broken"] is None) for unit in reported] == [
            ("nyc", False),
            ("sfo", True),
        ]


class TestInterruption:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
    )
    def test_a_signal_stops_cleanly_and_the_next_run_works(
        self, small: "Small", until: Until, number: int, code: int
    ) -> None:
        go = small.workspace.root / "go"
        for name in ("cups", "queue"):
            small.extension(name, f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        process = small.start("apply", "nyc/*", "sfo", "sfo/*", "--parallel", "1")
        until(Path(f"{go}.started").exists)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, err
        assert "Traceback" not in err
        assert "nyc/cups: interrupted" in err
        assert "sfo/queue: interrupted (not begun)" in err
        assert "interrupted" in out
        assert not list(small.workspace.home.glob("state/*/*/.*.lock.info"))
        go.touch()
        assert set(results(small.run("apply")).values()) <= {"applied", "unchanged"}

    def test_the_result_in_json_lists_what_was_interrupted(self, small: "Small", until: Until) -> None:
        go = small.workspace.root / "go"
        small.extension("cups", f'provisioner "local-exec" {{\n command = "{waiting(go)}"\n }}')
        small.run("apply", "nyc")
        process = small.start("apply", "nyc/cups", "--json")
        until(Path(f"{go}.started").exists)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        result = json.loads(out)
        assert result["ok"] is False
        assert [unit["result"] for unit in result["units"]] == ["interrupted"]


class TestTenantsVariables:
    """What Terraform cannot be given never stops a run half-way."""

    def test_a_date_reaches_the_extension_as_it_is_written(self, small: "Small") -> None:
        small.write(
            "tenants/nyc/tenant.yaml",
            "name: nyc\ntitle: T\nextensions: [{name: cups, variables: {size: 2026-01-01}}]\n",
        )
        outcomes = small.run("apply")
        assert results(outcomes) == dict.fromkeys(
            ["nyc", "nyc/cups", "sfo", "sfo/cups", "sfo/queue"], "applied"
        )
        state = (small.workspace.home / "state" / "nyc" / "cups" / "cups.tfstate").read_text()
        assert "nyc--cups--2026-01-01" in state

    @pytest.mark.parametrize("value", ["!!set {a}", "!!binary aGk=", ".inf", "{1: a}"])
    def test_what_hcl_has_no_value_for_is_refused_before_anything_of_its_tenant_is_applied(
        self, small: "Small", value: str
    ) -> None:
        small.write(
            "tenants/nyc/tenant.yaml",
            f"name: nyc\ntitle: T\nextensions:\n- name: cups\n  variables:\n    size: {value}\n",
        )
        with pytest.raises(UsageError, match=r"tenants/nyc/tenant\.yaml:6: "):
            small.run("apply", "nyc")
        assert not small.workspace.home.exists()
        outcomes = small.run("apply")
        assert re.match(r"tenants/nyc/tenant\.yaml:6: ", outcomes.pop("nyc").message)
        assert results(outcomes) == dict.fromkeys(["sfo", "sfo/cups", "sfo/queue"], "applied")
        assert not (small.workspace.home / "state" / "nyc").exists()
