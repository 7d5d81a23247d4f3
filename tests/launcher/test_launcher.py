"""`./presso`: makes its environment on first use and when the locks change, and gets out of the way."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.launcher.conftest import UV
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.launcher.conftest import Launcher

Until = Callable[[Callable[[], object]], None]
FIRST = ["venv ./.venv", "install uv", "uv", "install presso terraform", "uv", "install presso-itself"]


class TestFirstUse:
    def test_installs_what_the_locks_list_then_runs(self, launcher: "Launcher") -> None:
        done = launcher.run("apply", "two words", "*")
        assert (done.returncode, done.stdout) == (0, "presso apply two words *\n")
        assert launcher.asked() == FIRST

    def test_prints_one_line_about_what_takes_time_and_no_more(self, installer: "Launcher") -> None:
        assert installer.run("apply").stderr.splitlines() == [
            "presso: installing locks/presso.txt, locks/terraform.txt (once)"
        ]

    def test_happens_once(self, launcher: "Launcher") -> None:
        launcher.run("apply")
        launcher.asked()
        again = launcher.run("apply", "nyc")
        assert (again.stdout, again.stderr) == ("presso apply nyc\n", "")
        assert launcher.asked() == []

    def test_works_from_any_folder_and_with_no_environment(self, launcher: "Launcher") -> None:
        by = Path("Café check out/presso")
        assert launcher.run("up", by=by).stdout == "presso up\n"
        assert launcher.asked()[0] == "venv ./.venv"

    @pytest.mark.parametrize("name", ["python3.12", "an own one"])
    def test_finds_a_newer_python_beside_an_older_one(self, launcher: "Launcher", name: str) -> None:
        new = launcher.stand_in(name, (launcher.bin / "python3").read_text())
        launcher.stand_in("python3", "#!/bin/sh\nexit 1\n")
        done = launcher.run("up", **({} if name.startswith("python") else {"PYTHON": str(new)}))
        assert done.stdout == "presso up\n"

    def test_pressing_tab_installs_nothing(self, launcher: "Launcher") -> None:
        done = launcher.run(_PRESSO_COMPLETE="complete_bash")
        assert (done.returncode, done.stdout, done.stderr, launcher.asked()) == (0, "", "", [])


class TestInstaller:
    """uv where it can be had, else pip."""

    def test_is_the_uv_on_path(self, installer: "Launcher") -> None:
        installer.has_uv()
        assert installer.run("apply").stdout == "presso apply\n"
        assert installer.asked() == [line for line in FIRST if line != "install uv"]

    def test_is_a_uv_that_is_brought_once(self, installer: "Launcher") -> None:
        installer.run("up")
        installer.asked()
        installer.run("catalog", "site")
        assert installer.asked() == ["uv", "install site"]

    def test_is_pip_where_there_is_no_uv_for_the_platform(self, installer: "Launcher") -> None:
        reason = "ERROR: No matching distribution found for uv==1"
        assert installer.run("apply", FAKE_FAIL="uv", FAKE_REASON=reason).stdout == "presso apply\n"
        assert installer.asked() == [line for line in FIRST if line != "uv"]

    @pytest.mark.parametrize("where", ["PIP_INDEX_URL", "PIP_PROXY", "~/.config/pip/pip.conf", "a file"])
    def test_is_pip_where_pip_has_an_index_or_a_proxy_which_uv_does_not_know(
        self, installer: "Launcher", tmp_path: Path, where: str
    ) -> None:
        env = {where: "https://example.org/simple"}
        if not where.startswith("PIP"):
            env = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "a file")}
            file = tmp_path / where.removeprefix("~/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("[global]\nindex-url = https://example.org/simple\n")
        assert installer.run("up", **env).stdout == "presso up\n"
        assert installer.asked() == ["venv ./.venv", "install presso", "install presso-itself"]

    def test_is_uv_where_uv_has_an_index_of_its_own_too(self, installer: "Launcher") -> None:
        env = {"PIP_INDEX_URL": "https://example.org", "UV_DEFAULT_INDEX": "https://example.org"}
        installer.run("apply", **env)
        assert installer.asked() == FIRST

    def test_keeps_no_cache_where_it_may_not_write(self, installer: "Launcher") -> None:
        installer.run("up", FAKE_CACHE="/dev/null/uv")
        assert "uv without cache" in installer.asked()


class TestLinks:
    """What is beside a link to the launcher is not the launcher's."""

    @pytest.mark.parametrize("kind", ["absolute", "relative", "a link to a link", "a link to the checkout"])
    def test_lead_to_the_checkout_and_its_environment(
        self, launcher: "Launcher", tmp_path: Path, kind: str
    ) -> None:
        project = tmp_path / "my project"
        (project / ".venv" / "bin").mkdir(parents=True)
        (project / ".venv" / "mine").touch()
        by = project / "presso"
        match kind:
            case "absolute":
                by.symlink_to(launcher.root / "presso")
            case "relative":
                by.symlink_to("../Café check out/presso")
            case "a link to a link":
                (project / "tools").mkdir()
                (project / "tools" / "presso").symlink_to("../../Café check out/presso")
                by.symlink_to("tools/presso")
            case _:
                (project / "checkout").symlink_to(launcher.root)
                by = project / "checkout" / "presso"
        assert launcher.run("up", by=by).stdout == "presso up\n"
        assert launcher.asked()[0] == "venv ./.venv"
        assert (project / ".venv" / "mine").exists()


class TestWhatIsNotOurs:
    def test_an_environment_of_something_else_is_left_alone(self, installer: "Launcher") -> None:
        other = installer.has_file(".venv/bin/python", "another's")
        done = installer.run("up")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"presso: {installer.root}/.venv was not created by presso")
        assert "Move it away" in done.stderr
        assert other.read_text() == "another's"
        assert (installer.asked(), installer.left_over()) == ([], [])

    def test_a_link_to_a_folder_is_left_alone(self, installer: "Launcher", tmp_path: Path) -> None:
        (tmp_path / "theirs").mkdir()
        (installer.root / ".venv").symlink_to(tmp_path / "theirs")
        done = installer.run("up")
        assert (done.returncode, installer.asked()) == (1, [])
        assert "was not created by presso" in done.stderr
        assert (installer.root / ".venv").is_symlink()

    def test_an_empty_folder_is_taken(self, installer: "Launcher") -> None:
        (installer.root / ".venv").mkdir()
        assert installer.run("up").stdout == "presso up\n"

    def test_packages_go_nowhere_else(self, installer: "Launcher") -> None:
        installer.stand_in("uv", f'#!/bin/sh\necho "${{PIP_TARGET:-}}" >>"$FAKE_LOG.target"\n{UV}')
        installer.run("up", PIP_TARGET="/somewhere", PIP_USER="1", UV_SYSTEM_PYTHON="1")
        assert installer.log.with_name("log.target").read_text().strip() == ""


class TestWhatMayNotBeWritten:
    """A checkout of another user, or on a disk that cannot be written to."""

    @pytest.fixture(autouse=True)
    def _writable_again(self, installer: "Launcher") -> Iterator[None]:
        yield
        installer.root.chmod(0o755)

    def test_what_is_installed_is_run(self, installer: "Launcher") -> None:
        installer.run("up")
        installer.root.chmod(0o555)
        done = installer.run("up", bound=True)
        assert (done.stdout, done.stderr) == ("presso up\n", "")

    def test_the_error_names_what_is_missing_and_what_to_do(self, installer: "Launcher") -> None:
        installer.root.chmod(0o555)
        done = installer.run("up", bound=True)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.match(r"presso: .*/\.venv\.lock: Permission denied\. ", done.stderr)
        assert "a clone of your own" in done.stderr
        assert not (installer.root / ".venv").exists()

    def test_a_python_that_others_alone_may_run_is_not_a_reason_to_wait(self, installer: "Launcher") -> None:
        installer.run("up")
        (installer.root / ".venv" / "bin" / "python").chmod(0o600)
        installer.root.chmod(0o555)
        done = installer.run("up", bound=True)
        assert (done.returncode, done.stdout) == (1, "")
        assert "a clone of your own" in done.stderr

    def test_an_environment_that_cannot_be_replaced_is_named(self, installer: "Launcher") -> None:
        installer.run("up")
        venv = installer.root / ".venv"
        (venv / "bin" / "python").chmod(0o600)
        venv.chmod(0o555)
        done = installer.run("up", bound=True)
        venv.chmod(0o755)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.search(r"\.venv can neither be used nor replaced by .* \(Permission denied: ", done.stderr)


class TestWhatIsMissing:
    def test_the_error_for_a_python_too_old_names_what_to_install(self, launcher: "Launcher") -> None:
        done = launcher.run("demo", FAKE_VERSION="old")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("presso: needs Python 3.11 or newer; found Python 3.9.2. Install it (")
        assert "PYTHON=" in done.stderr
        assert not (launcher.root / ".venv").exists()

    def test_having_no_python_at_all_is_an_error(self, launcher: "Launcher") -> None:
        (launcher.bin / "python3").unlink()
        done = launcher.run("demo")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(
            "presso: needs Python 3.11 or newer; found none that runs. Install it ("
        )

    @pytest.mark.parametrize("fault", ["not there", "not to be run", "no Python"])
    def test_a_python_that_was_named_and_does_not_run_is_an_error(
        self, launcher: "Launcher", fault: str
    ) -> None:
        own = launcher.stand_in("own", "no Python\n" if fault == "no Python" else "#!/bin/sh\n")
        if fault != "no Python":
            own.chmod(0o600)
        if fault == "not there":
            own.unlink()
        done = launcher.run("demo", PYTHON=str(own))
        assert (done.returncode, done.stdout) == (1, "")
        assert f"found none that runs at PYTHON={own}. " in done.stderr

    def test_the_error_for_a_python_without_venv_names_the_package(self, installer: "Launcher") -> None:
        done = installer.run("demo", FAKE_VENV="missing")
        assert (done.returncode, done.stdout) == (1, "")
        assert "python3 could not create " in done.stderr
        assert "apt install python3-venv" in done.stderr
        installer.asked()
        assert installer.run("up").stdout == "presso up\n"

    @pytest.mark.parametrize("failing", ["presso", "presso-itself", "terraform"])
    def test_an_install_that_fails_prints_all_output_and_the_next_run_goes_on(
        self, installer: "Launcher", failing: str
    ) -> None:
        done = installer.run("demo", FAKE_FAIL=failing)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.search(rf"a long story about .*\b{failing}\b", done.stderr)
        assert done.stderr.splitlines()[-1].startswith("presso: could not install ")
        assert installer.left_over() == []
        installer.asked()
        assert installer.run("demo").stdout == "presso demo\n"
        assert installer.asked() == FIRST[2:]

    @pytest.mark.parametrize("failing", ["uv", "presso", "npm"])
    @pytest.mark.parametrize(
        ("reason", "way_out"),
        [
            pytest.param("NewConnectionError('… Temporary failure')", "needs a network", id="pip, offline"),
            pytest.param("  cause: client error (Connect)", "needs a network", id="uv, offline"),
            pytest.param("npm error code EAI_AGAIN", "needs a network", id="npm, offline"),
            pytest.param("OSError: [Errno 28] No space left on device", "Free some space", id="full disk"),
            pytest.param("npm error code ENOSPC", "Free some space", id="npm, full disk"),
        ],
    )
    def test_the_network_and_room_on_the_disk_are_named(
        self, installer: "Launcher", failing: str, reason: str, way_out: str
    ) -> None:
        done = installer.run("test", FAKE_FAIL=failing, FAKE_REASON=reason)
        assert (done.returncode, done.stdout) == (1, "")
        assert reason in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith("presso: could not install locks/")
        assert way_out in last
        assert installer.asked()[-1].startswith("install")


EVERYTHING = "presso site cluster test dev nodejs node terraform"


class TestGroups:
    @pytest.mark.parametrize(
        ("command", "terraform", "groups"),
        [
            pytest.param("apply", "1.11.4", "presso", id="a command, with Terraform"),
            pytest.param("apply", "2.0.0", "presso", id="a command, with a Terraform to come"),
            pytest.param("apply", "1.9.8", "presso terraform", id="a command, with a Terraform too old"),
            pytest.param("apply", None, "presso terraform", id="a command, without Terraform"),
            pytest.param("--home x -q apply", None, "presso terraform", id="after global options"),
            pytest.param("demo", None, "presso terraform", id="the demo"),
            pytest.param("worker tcp://x:1", "1.11.4", "presso cluster", id="a worker of a cluster"),
            pytest.param("apply --all --cluster tcp://x:1", None, "presso cluster terraform", id="a cluster"),
            pytest.param("-q drift --cluster tcp://x:1", "1.11.4", "presso cluster", id="drift on a cluster"),
            pytest.param("upgrade x --to v2", None, "presso terraform", id="an upgrade"),
            pytest.param("check x", None, "presso terraform", id="the check of a plan"),
            pytest.param("check x --level static", None, "presso", id="the static check"),
            pytest.param("--help", None, "presso", id="help"),
            pytest.param("apply --help", None, "presso", id="a command's help"),
            pytest.param("new test", None, "presso", id="an extension called test"),
            pytest.param("test", "1.11.4", EVERYTHING, id="tests need both Terraforms, and packages of npm"),
            pytest.param("-q test", "1.11.4", EVERYTHING, id="tests, after a global option"),
            pytest.param("test tests", "1.11.4", EVERYTHING, id="presso's own tests"),
            pytest.param("test -k extensions/x", "1.11.4", EVERYTHING, id="a path as a word"),
            pytest.param("test extensions/x", None, "presso test terraform", id="tests of an extension"),
            pytest.param(
                "test -k not_this ./extensions/x/tests/test_a.py::test_b",
                "1.11.4",
                "presso test",
                id="a test of an extension",
            ),
            pytest.param(
                "test ROOT/extensions/x", "1.11.4", "presso test", id="an extension by its full path"
            ),
            pytest.param(
                "test extensions/js", "1.11.4", "presso test nodejs", id="an extension in JavaScript"
            ),
            pytest.param("test extensions", "1.11.4", "presso test nodejs", id="all extensions"),
            pytest.param(
                "test extensions/x extensions/js",
                "1.11.4",
                "presso test nodejs",
                id="extensions in Python and JavaScript",
            ),
            pytest.param(
                "test extensions/x tests/a.py::b", "1.11.4", EVERYTHING, id="an extension and presso's own"
            ),
            pytest.param("test --ignore extensions/x", "1.11.4", EVERYTHING, id="all but an extension"),
            pytest.param("catalog list", None, "presso", id="a command of the catalog"),
            pytest.param("catalog site", None, "presso site", id="the catalog's site"),
            pytest.param("lint", "1.11.4", "presso site cluster test dev", id="lint, with Terraform"),
            pytest.param(
                "lint", None, "presso site cluster test dev terraform", id="lint, without Terraform"
            ),
            pytest.param(
                "catalog code A --language java --out b",
                "1.11.4",
                "presso nodejs node",
                id="code in Java",
            ),
            pytest.param("catalog code A --language=go", "1.11.4", "presso nodejs node", id="code in Go"),
            pytest.param("catalog code A --language python", "1.11.4", "presso", id="code in Python"),
        ],
    )
    def test_only_what_a_command_needs_is_installed(
        self, launcher: "Launcher", command: str, terraform: str | None, groups: str
    ) -> None:
        for file in ("tests/a.py", "extensions/x/src/a.py", "extensions/js/src/a.mjs"):
            launcher.has_file(file)
        if terraform:
            launcher.has_terraform(terraform)
        words = [word.replace("ROOT", str(launcher.root)) for word in command.split()]
        done = launcher.run(*words, FAKE_INSTALLATION="said")
        assert done.stdout == f"would install {groups}\n"

    @pytest.mark.parametrize(
        ("core", "command", "groups"),
        [
            pytest.param("true", "apply nyc", "presso nodejs", id="a bar"),
            pytest.param("{languages: [en]}", "plan nyc", "presso nodejs", id="a bar with settings"),
            pytest.param("\n  languages: [en]", "demo", "presso nodejs", id="a bar with settings below"),
            pytest.param("false", "apply nyc", "presso", id="none"),
            pytest.param("false", "demo --bar", "presso nodejs", id="the bars of the demo"),
            pytest.param("false", "demo", "presso", id="the demo without bars"),
            pytest.param("true", "bar links nyc", "presso", id="a command that builds nothing"),
        ],
    )
    def test_node_js_is_installed_where_the_pages_of_a_bar_are_built(
        self, launcher: "Launcher", core: str, command: str, groups: str
    ) -> None:
        launcher.has_terraform()
        launcher.has_file("tenants/nyc/tenant.yaml", f"name: nyc\ncore: {core}\n")
        done = launcher.run(*command.split(), FAKE_INSTALLATION="said")
        assert done.stdout == f"would install {groups}\n"

    def test_a_later_command_adds_what_it_needs(self, launcher: "Launcher") -> None:
        launcher.has_terraform()
        launcher.run("up")
        launcher.asked()
        assert launcher.run("lint").stdout == "presso lint\n"
        assert launcher.asked() == ["uv", "install site cluster test dev"]

    def test_packages_of_npm_are_those_of_the_lock_and_run_nothing(self, installer: "Launcher") -> None:
        assert "locks/node/package-lock.json" in installer.run("test").stderr
        reported = installer.log.with_name("log.npm").read_text().split()
        assert reported == ["package-lock.json", "package.json", "--ignore-scripts"]
        installer.asked()
        installer.run("test")
        assert installer.asked() == []

    def test_packages_of_npm_are_installed_beside_the_others(
        self, installer: "Launcher", until: Until
    ) -> None:
        process = installer.start("test", FAKE_STOP="dev")
        until(installer.log.with_name("log.waiting").exists)
        until(lambda: "install npm" in installer.log.read_text())
        installer.log.with_name("log.go").touch()
        assert process.communicate(timeout=PATIENCE)[0] == "presso test\n"

    def test_terraform_is_asked_for_its_version_once(self, launcher: "Launcher") -> None:
        launcher.has_terraform()
        for _ in range(4):
            launcher.run("apply")
        asked = launcher.log.with_name("log.terraform").read_text().splitlines()
        assert 1 <= len(asked) <= 2  # the first time there is no environment to remember it in
        assert set(asked) == {"asked, not the internet"}

    def test_terraform_is_installed_once_it_is_gone_from_path(self, launcher: "Launcher") -> None:
        launcher.has_terraform()
        launcher.run("apply")
        launcher.asked()
        (launcher.bin / "terraform").unlink()
        launcher.run("apply")
        assert launcher.asked() == ["uv", "install terraform"]


class TestChanges:
    def test_a_changed_lock_is_installed_again_and_no_other(self, launcher: "Launcher") -> None:
        launcher.run("apply")
        launcher.asked()
        launcher.lock("terraform", "terraform==2\n")
        launcher.run("apply")
        assert launcher.asked() == ["uv", "install terraform"]
        launcher.lock("presso", "presso==2\n")
        launcher.run("apply")
        assert launcher.asked() == ["uv", "install presso", "uv", "install presso-itself"]

    def test_changed_packages_of_npm_are_installed_again_for_tests_alone(self, launcher: "Launcher") -> None:
        launcher.run("test")
        launcher.asked()
        launcher.lock("node", "{}")
        launcher.run("lint")
        assert launcher.asked() == []
        launcher.run("test")
        assert launcher.asked() == ["install npm"]

    def test_packages_of_npm_that_cannot_be_installed_are_tried_again(self, installer: "Launcher") -> None:
        installer.run("lint")
        done = installer.run("test", FAKE_FAIL="npm")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-3:] == [
            "a long story about npm",
            "",
            "presso: could not install locks/node/package-lock.json; see above.",
        ]
        installer.asked()
        assert installer.run("test").stdout == "presso test\n"
        assert installer.asked()[0] == "install npm"

    def test_a_moved_checkout_gets_an_environment_of_its_own(self, installer: "Launcher") -> None:
        installer.run("apply")
        installer.asked()
        installer.root = installer.root.rename(installer.root.with_name("moved"))
        assert installer.run("apply").stdout == "presso apply\n"
        assert installer.asked() == FIRST

    def test_a_python_that_is_gone_is_replaced(self, launcher: "Launcher") -> None:
        launcher.run("apply")
        launcher.asked()
        (launcher.root / ".venv" / "bin" / "python").unlink()
        assert launcher.run("apply").stdout == "presso apply\n"
        assert launcher.asked() == FIRST

    def test_another_python_is_taken_when_it_is_named(self, launcher: "Launcher") -> None:
        launcher.run("apply")
        own = launcher.stand_in("own", (launcher.bin / "python3").read_text())
        launcher.asked()
        launcher.run("apply", PYTHON=str(own))
        assert launcher.asked() == FIRST
        launcher.run("apply", PYTHON=str(own))
        launcher.run("apply")
        assert launcher.asked() == []

    def test_the_python_is_the_versioned_one_which_an_upgrade_of_the_system_takes_away(
        self, installer: "Launcher"
    ) -> None:
        text = (installer.bin / "python3").read_text()
        (installer.bin / "python3").unlink()
        installer.stand_in("python3.11", text.replace('"venv $folder"', '"venv by ${0##*/}"'))
        (installer.bin / "python3").symlink_to("python3.11")
        installer.run("up")
        assert installer.asked()[0] == "venv by python3.11"


class TestTwoAtOnce:
    def test_install_once_and_both_run(self, installer: "Launcher", until: Until) -> None:
        first = installer.start("apply", "1", FAKE_STOP="presso")
        until(installer.log.with_name("log.waiting").exists)
        others = [installer.start("apply", "2"), installer.start("apply", "3")]
        said = [process.stderr.readline() for process in others if process.stderr]
        assert said == [f"presso: waiting for another run (process {first.pid}) to install\n"] * 2
        installer.log.with_name("log.go").touch()
        reported = [process.communicate(timeout=PATIENCE)[0] for process in (first, *others)]
        assert reported == ["presso apply 1\n", "presso apply 2\n", "presso apply 3\n"]
        assert installer.asked() == FIRST
        assert installer.left_over() == []

    def test_with_other_needs_each_gets_its_own(self, installer: "Launcher", until: Until) -> None:
        first = installer.start("apply", FAKE_STOP="terraform")
        until(installer.log.with_name("log.waiting").exists)
        second = installer.start("lint")
        installer.log.with_name("log.go").touch()
        assert [p.communicate(timeout=PATIENCE)[0] for p in (first, second)] == [
            "presso apply\n",
            "presso lint\n",
        ]
        assert installer.asked() == [*FIRST, "uv", "install site cluster test dev"]


class TestSuddenEnds:
    @pytest.mark.parametrize("stopped", ["uv", "presso", "presso-itself", "terraform"])
    def test_killed_in_the_middle_of_an_install_the_next_run_repairs_it(
        self, installer: "Launcher", until: Until, stopped: str
    ) -> None:
        process = installer.start("apply", FAKE_STOP=stopped)
        until(installer.log.with_name("log.waiting").exists)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        before = installer.asked()
        assert installer.run("apply").stdout == "presso apply\n"
        assert stopped in before[-1].split()
        assert installer.asked() == (FIRST[1:] if stopped == "uv" else FIRST[2:])
        assert installer.left_over() == []

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_a_lock_that_was_left_delays_no_run_even_if_its_process_number_is_used_again(
        self, installer: "Launcher", kind: str
    ) -> None:
        lock = installer.root / ".venv.lock"
        if kind == "file":
            lock.write_text(str(os.getpid()))
        else:
            lock.symlink_to(str(os.getpid()))
        assert installer.run("up").stderr.splitlines() == ["presso: installing locks/presso.txt (once)"]
        assert installer.left_over() == []

    def test_several_that_find_a_lock_that_was_left_install_once(self, installer: "Launcher") -> None:
        (installer.root / ".venv.lock").touch()
        several = [installer.start("apply", str(number)) for number in range(4)]
        assert [process.communicate(timeout=PATIENCE)[0] for process in several] == [
            f"presso apply {n}\n" for n in range(4)
        ]
        assert installer.asked() == FIRST
        assert installer.left_over() == []

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopped_in_the_middle_it_releases_the_lock(
        self, launcher: "Launcher", until: Until, number: int, code: int
    ) -> None:
        process = launcher.start("up", FAKE_STOP="presso")
        until(launcher.log.with_name("log.waiting").exists)
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (code, "")
        assert err.splitlines() == ["presso: installing locks/presso.txt (once)", "Stopped."]
        assert launcher.left_over() == []
        assert launcher.run("up").stdout == "presso up\n"

    def test_stopped_alone_it_stops_what_it_started(self, installer: "Launcher", until: Until) -> None:
        process = installer.start("test", FAKE_STOP="dev")
        until(installer.log.with_name("log.waiting").exists)
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 143
        with pytest.raises(ProcessLookupError):
            until(lambda: os.killpg(process.pid, 0))

    def test_an_environment_that_was_begun_is_made_again(self, launcher: "Launcher") -> None:
        launcher.has_file(".venv/made-for")
        launcher.has_file(".venv/bin/python", "half of a file")
        assert launcher.run("apply").stdout == "presso apply\n"
        assert launcher.asked() == FIRST


def test_the_real_launcher_shows_the_help(checkout: Path) -> None:
    if not (checkout / ".venv" / "made-for").exists():
        pytest.skip("these tests do not run in the launcher's own environment")
    done = subprocess.run([checkout / "presso", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +demo +Run the demo", done.stdout, re.MULTILINE)
