"""The conventions of the command line: exit codes, streams, JSON, help, completion."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.patience import PATIENCE
from typer.testing import CliRunner

from presso.cli import app, globals_first, with_called

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Small

COMMANDS = {
    *("demo", "up", "down", "status", "plan", "apply", "destroy", "play", "watch", "dev", "new"),
    "dashboard",
    *(
        "env",
        "test",
        "lint",
        "scenario make",
        "scenario list",
        "graph",
        "check",
        "build",
        "init",
        "unmanaged",
        "verify",
        "doctor",
        "state unlock",
        "state migrate",
        "state init",
        "runs list",
        "drift",
        "upgrade",
        "matrix",
        "runs merge",
        "sweep",
        "worker",
        "tenant show",
        "runs show",
        "upgrade-platform",
        "catalog list",
        "catalog show",
    ),
    *("catalog search", "catalog validate", "catalog example", "catalog pattern", "catalog test-pattern"),
    *("catalog infer", "catalog impact"),
    *("bar open", "bar close", "bar links", "bar menu", "bar dead-letters"),
    *("bar staff add", "bar staff list", "bar staff remove", "bar staff token"),
}


def presso(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "presso", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def assert_shown(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """One clear error on stderr, nothing on stdout, no traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(re.findall(r"^Error:", done.stderr, re.MULTILINE)) == 1
    assert [part for part in parts if part not in done.stderr] == [], done.stderr


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "parts"),
        [
            pytest.param(["apply", "nyk"], ["no tenant nyk", "Did you mean nyc?"], id="an unknown tenant"),
            pytest.param(
                ["plan", "nyc/cpus"], ["no extension cpus", "Did you mean cups?"], id="an unknown extension"
            ),
            pytest.param(["plan"], ["No units are named.", "--all"], id="no unit"),
            pytest.param(["plan", "nyc", "--all"], ["Both units and --all"], id="units and --all"),
            pytest.param(["plan", "nyc", "--bogus"], ["No such option", "--bogus"], id="an unknown option"),
            pytest.param(["plan", "nyc", "--parallel", "0"], ["--parallel"], id="nothing at a time"),
            pytest.param(["bogus"], ["No such command", "bogus"], id="an unknown command"),
            pytest.param(["play"], ["Missing argument", "TENANT"], id="no tenant"),
            pytest.param(
                ["play", "nyk"], ["no tenant nyk", "Did you mean nyc?"], id="a player without tenant"
            ),
            pytest.param(
                ["bar", "open", "nyc"], ["nyc has no core", "presso apply nyc/core"], id="a bar without core"
            ),
            pytest.param(["play", "nyc", "--speed", "fast"], ["speed", "fast"], id="a speed that is none"),
            pytest.param(["watch", "nyk"], ["no tenant nyk"], id="events without tenant"),
            pytest.param(["env", "nyk"], ["no tenant nyk"], id="an environment without tenant"),
            pytest.param(
                ["scenario", "make", "Rush Hour"], ["not a valid name for a scenario"], id="a bad name"
            ),
        ],
    )
    def test_a_wrong_request_is_one_message_and_exit_code_2(
        self, small: "Small", arguments: list[str], parts: list[str]
    ) -> None:
        assert_shown(small.here(*arguments), 2, *parts)

    def test_a_broken_file_is_named_with_its_line(self, small: "Small") -> None:
        small.write("tenants/nyc/tenant.yaml", "name: nyc\ntitle: T\nregoin: x\n")
        assert_shown(small.presso("apply", "nyc"), 2, "tenants/nyc/tenant.yaml:3: regoin:", "region")

    def test_work_that_is_refused_is_exit_code_1(self, small: "Small") -> None:
        assert_shown(small.presso("apply", "nyc/cups"), 1, "nyc is not applied", "presso apply nyc nyc/cups")

    def test_a_folder_that_is_not_a_checkout_is_named(self, tmp_path: Path) -> None:
        assert_shown(presso("status", PRESSO_ROOT=str(tmp_path)), 2, str(tmp_path), "no folder tenants")

    def test_a_home_that_is_a_file_is_named(self, small: "Small") -> None:
        file = small.write("file", "")
        assert_shown(small.presso("--home", str(file), "status"), 2, str(file), "is a file")

    def test_real_aws_is_not_changed_unasked(self, small: "Small") -> None:
        small.tenant("nyc", target="aws")
        assert_shown(small.presso("apply", "nyc"), 2, "would change real AWS: nyc", "--yes")
        assert_shown(small.presso("destroy", "nyc"), 2, "would change real AWS: nyc", "--yes")

    def test_a_bug_is_one_line_that_names_the_log(self, small: "Small") -> None:
        code = (
            "import presso.deployment.runs, presso.cli\n"
            "def broken(*a, **k): raise ZeroDivisionError('a fault')\n"
            "presso.deployment.unit_selection.select = broken\n"
            "presso.cli.main()\n"
        )
        env = {**os.environ, "PRESSO_ROOT": str(small.workspace.root)}
        done = subprocess.run(
            [sys.executable, "-c", code, "plan", "nyc"], env=env, capture_output=True, text=True, check=False
        )
        assert_shown(done, 1, "presso has a bug: ZeroDivisionError: a fault")
        (log,) = small.workspace.home.glob("bug-*.log")
        assert str(log) in done.stderr
        assert "Traceback" in log.read_text()


class TestStreams:
    def test_results_are_on_stdout_and_progress_on_stderr(self, small: "Small") -> None:
        done = small.presso("apply", "nyc")
        assert done.returncode == 0
        assert re.fullmatch(r"nyc: apply …\nnyc: applied \(2 added\), [\d.]+ s\n", done.stderr)
        header, row = done.stdout.splitlines()
        assert header.split() == ["unit", "result", "added", "changed", "destroyed", "time"]
        assert row.split()[:3] == ["nyc", "applied", "2"]

    def test_quiet_leaves_only_errors(self, small: "Small") -> None:
        done = small.presso("apply", "nyc", "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        small.extension("cups", 'provisioner "local-exec" {\n command = "exit 3"\n }')
        failed = small.presso("-q", "apply", "nyc/cups")
        assert failed.returncode == 1
        assert "Error: nyc/cups: local-exec provisioner error" in failed.stderr

    def test_there_is_no_colour_in_a_pipe(self, small: "Small") -> None:
        done = small.presso("plan", "nyc")
        assert "\x1b" not in done.stdout + done.stderr

    @pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
    def test_json_is_one_object_also_when_it_fails(self, small: "Small", command: str) -> None:
        small.extension("cups", 'provisioner "local-exec" {\n command = "exit 3"\n }')
        done = small.presso(command, "--all", "--json")
        result = json.loads(done.stdout)
        assert result["action"] == command
        assert result["ok"] is (done.returncode == 0)
        assert [unit["unit"] for unit in result["units"]] == [
            *("nyc", "nyc/cups", "nyc/queue", "sfo", "sfo/cups", "sfo/queue")
        ]
        assert all(unit["result"] and unit["seconds"] >= 0 for unit in result["units"])

    def test_json_has_errors_with_their_place(self, small: "Small") -> None:
        small.extension("cups", 'provisioner "local-exec" {\n command = "exit 3"\n }')
        done = small.presso("apply", "nyc", "nyc/cups", "--json")
        (error,) = json.loads(done.stdout)["units"][1]["diagnostics"]
        assert done.returncode == 1
        assert (error["severity"], error["file"]) == ("error", "extensions/cups/main.tf")
        assert error["line"] > 0

    def test_status_in_json_lists_what_is_deployed(self, small: "Small") -> None:
        small.presso("apply", "nyc")
        status = json.loads(small.presso("status", "--json").stdout)
        assert status["local"]["running"] is False
        (unit,) = status["units"]
        assert (unit["unit"], unit["resources"]) == ("nyc", 2)

    def test_status_as_text_shows_when(self, small: "Small") -> None:
        assert "No unit is deployed." in small.presso("status").stdout
        small.presso("apply", "nyc")
        assert re.search(
            r"^nyc +2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", small.presso("status").stdout, re.MULTILINE
        )

    def test_a_reader_that_goes_away_is_not_a_fault(self, small: "Small") -> None:
        process = small.start("scenario", "list", "--json")
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in err
        assert "bug" not in err


class TestExitCodes:
    def test_plan_exits_0_with_changes_and_2_when_asked_for_details(self, small: "Small") -> None:
        assert small.presso("plan", "nyc").returncode == 0
        assert small.presso("plan", "nyc", "--detailed-exitcode").returncode == 2
        small.presso("apply", "nyc")
        assert small.presso("plan", "nyc", "--detailed-exitcode").returncode == 0

    def test_a_failed_plan_exits_1_also_in_detail(self, small: "Small") -> None:
        small.write("extensions/cups/broken.tf", "resource {\n")
        assert small.presso("plan", "nyc/cups", "nyc", "--detailed-exitcode").returncode == 1

    def test_orphaned_units_are_noted(self, small: "Small") -> None:
        small.presso("apply", "nyc", "nyc/cups")
        small.tenant("nyc")
        done = small.presso("plan", "nyc")
        assert "Note: nyc/cups is deployed, but is not in tenants/nyc/tenant.yaml." in done.stderr
        assert "presso destroy nyc/cups" in done.stderr

    def test_a_registry_that_cannot_be_is_noted(self, small: "Small") -> None:
        small.tenant("nyc", catalog="true")
        done = small.presso("apply", "nyc")
        assert done.returncode == 0
        assert "Note: nyc: catalog: left out, because the local AWS has no EventBridge Schemas" in done.stderr
        assert "catalog" not in small.presso("destroy", "nyc").stderr


def helped(*command: str) -> str:
    """What a command's help prints, in this process: starting one takes a hundred times as long."""
    done = CliRunner().invoke(app, [*command, "--help"], prog_name="presso")
    assert done.exit_code == 0
    return done.stdout


class TestHelp:
    @pytest.mark.parametrize("command", sorted(COMMANDS))
    def test_every_command_shows_an_example(self, command: str) -> None:
        shown = helped(*command.split())
        assert "Example: " in shown
        # Examples go to stdout and work from the checkout: each names a command that there is.
        assert f"presso {command.split()[0]}" in shown

    def test_every_command_is_listed(self) -> None:
        listed = presso("--help").stdout
        assert [
            c for c in {c.split()[0] for c in COMMANDS} if not re.search(rf"^  {c} ", listed, re.MULTILINE)
        ] == []
        assert len(app.registered_commands) + len(app.registered_groups) == len(
            {command.split()[0] for command in COMMANDS}
        )

    def test_help_imports_nothing_slow(self) -> None:
        code = "import sys, presso.cli; print(*sorted(sys.modules), sep='\\n')"
        loaded = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        slow = {"boto3", "botocore", "pydantic", "yaml", "hpack", "google.protobuf", "rich", "ministack"}
        assert slow & set(loaded.split()) == set()

    @pytest.mark.parametrize("command", ["status", "catalog list"])
    def test_a_quick_command_imports_nothing_slow(self, command: str, tmp_path: Path) -> None:
        run = [sys.executable, "-X", "importtime", "-m", "presso", "--home", str(tmp_path), *command.split()]
        report = subprocess.run(run, capture_output=True, text=True, check=True).stderr
        loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in report.splitlines()}
        assert "presso" in loaded
        slow = {"boto3", "botocore", "pydantic", "hpack", "google", "ministack", "jsonschema_rs", "sphinx"}
        assert slow & loaded == set()

    def test_the_version_is_printed(self) -> None:
        assert re.fullmatch(r"presso \d+\.\d+\.\d+\n", presso("--version").stdout)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(["plan", "nyc", "-q"], ["-q", "plan", "nyc"], id="after the command"),
        pytest.param(["plan", "--home", "x", "nyc"], ["--home", "x", "plan", "nyc"], id="with a value"),
        pytest.param(["plan", "--home=x", "nyc"], ["--home=x", "plan", "nyc"], id="with an equals sign"),
        pytest.param(["plan", "nyc", "--home"], ["--home", "plan", "nyc"], id="without its value"),
        pytest.param(
            ["test", "-q", "--home", "x"],
            ["test", "-q", "--home", "x"],
            id="never of test, they are pytest's",
        ),
        pytest.param(["-q", "test", "-q"], ["-q", "test", "-q"], id="before test"),
        pytest.param(["plan", "test", "-q"], ["-q", "plan", "test"], id="of a tenant called test"),
        pytest.param(["play", "--", "-q"], ["play", "--", "-q"], id="not after two hyphens"),
    ],
)
def test_global_options_may_be_anywhere(given: list[str], expected: list[str]) -> None:
    assert globals_first(given) == expected


@pytest.mark.parametrize(
    ("given", "commands", "groups"),
    [
        pytest.param(["plan", "sfo", "apply"], ["plan"], [], id="a command"),
        pytest.param(["tenant", "list"], [], ["tenant"], id="a group"),
        pytest.param(["-q", "--home", "apply", "--home=x", "plan"], ["plan"], [], id="after global options"),
    ],
)
def test_only_the_called_command_is_made(given: list[str], commands: list[str], groups: list[str]) -> None:
    made = with_called(given)
    assert [getattr(it.callback, "__name__", "") for it in made.registered_commands] == commands
    assert [it.name for it in made.registered_groups] == groups


@pytest.mark.parametrize(
    "given", [[], ["plam"], ["--help", "plan"], ["-qh", "plan"], ["--home"], ["--", "plan"]], ids=" ".join
)
def test_all_commands_are_made_where_none_is_called_by_name(given: list[str]) -> None:
    assert with_called(given) is app


class TestCompletion:
    def complete(self, small: "Small", line: str) -> list[str]:
        done = small.presso(
            _PRESSO_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1)
        )
        return done.stdout.split()

    def test_units(self, small: "Small") -> None:
        assert self.complete(small, "presso apply nyc/") == ["nyc/cups", "nyc/queue"]
        assert self.complete(small, "presso plan s") == ["sfo", "sfo/cups", "sfo/queue"]

    def test_units_that_are_deployed_but_not_declared(self, small: "Small") -> None:
        small.run("apply", "nyc", "nyc/cups")
        small.tenant("nyc")
        assert self.complete(small, "presso destroy nyc") == ["nyc", "nyc/cups"]

    def test_tenants(self, small: "Small") -> None:
        assert self.complete(small, "presso play ") == ["nyc", "sfo"]

    def test_scenarios(self, small: "Small") -> None:
        small.write("modules/event-player/scenarios/rush-hour.json", "{}")
        assert self.complete(small, "presso play nyc --scenario r") == ["rush-hour"]

    def test_a_broken_checkout_completes_nothing_and_prints_nothing(self, small: "Small") -> None:
        small.write("tenants/nyc/tenant.yaml", "name: [")
        done = small.presso(_PRESSO_COMPLETE="complete_bash", COMP_WORDS="presso apply n", COMP_CWORD="2")
        assert (done.stdout.strip(), done.stderr) == ("", "")
