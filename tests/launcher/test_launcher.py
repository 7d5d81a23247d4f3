"""`./presso`: makes its environment on first use and when the locks change, and gets out of the way."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.launcher.conftest import Launcher

Until = Callable[[Callable[[], object]], None]
FIRST = ["venv ./.venv", "install presso.txt", "install check out", "install terraform.txt"]


def installs(launcher: "Launcher") -> list[str]:
    return [line.removeprefix("install ") for line in launcher.asked() if line.startswith("install ")]


class TestFirstUse:
    def test_installs_what_the_locks_say_then_runs(self, launcher: "Launcher") -> None:
        done = launcher.run("apply", "two words", "*")
        assert (done.returncode, done.stdout) == (0, "presso apply two words *\n")
        assert launcher.asked() == FIRST

    def test_says_in_a_line_each_what_takes_its_time_and_no_more(self, launcher: "Launcher") -> None:
        assert launcher.run().stderr.splitlines() == [
            "presso: installing locks/presso.txt (once)",
            "presso: installing locks/terraform.txt (once)",
        ]

    def test_happens_once(self, launcher: "Launcher") -> None:
        launcher.run()
        launcher.asked()
        again = launcher.run("status")
        assert (again.stdout, again.stderr) == ("presso status\n", "")
        assert launcher.asked() == []

    def test_takes_uv_where_it_is_on_path(self, launcher: "Launcher") -> None:
        launcher.has_uv()
        assert launcher.run("up").stdout == "presso up\n"
        asked = launcher.asked()
        assert [line for line in asked if line.startswith(("uv", "venv"))] == ["uv venv", *["uv pip"] * 3]

    def test_works_from_any_folder(self, launcher: "Launcher", tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        done = subprocess.run(
            [*launcher.shell, "../check out/presso", "up"],
            cwd=tmp_path / "elsewhere",
            env={
                "PATH": str(launcher.bin),
                "FAKE_LOG": str(launcher.log),
                "FAKE_PIP": str(launcher.bin / "fake-pip"),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "presso up\n"
        assert launcher.asked() == FIRST

    @pytest.mark.parametrize("name", ["python3.12", "an own one"])
    def test_finds_a_newer_python_beside_an_older_one(self, launcher: "Launcher", name: str) -> None:
        new = launcher.stand_in(name, (launcher.bin / "python3").read_text())
        launcher.stand_in("python3", "#!/bin/sh\nexit 1\n")
        done = launcher.run("up", **({} if name.startswith("python") else {"PYTHON": str(new)}))
        assert done.stdout == "presso up\n"


class TestWhatIsMissing:
    def test_a_python_too_old_is_said_with_what_to_install(self, launcher: "Launcher") -> None:
        done = launcher.run("demo", FAKE_VERSION="old")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("presso: needs Python 3.11 or newer; found Python 3.9.2. Install it (")
        assert "PYTHON=" in done.stderr
        assert not (launcher.root / ".venv").exists()

    def test_no_python_at_all_is_said(self, launcher: "Launcher") -> None:
        (launcher.bin / "python3").unlink()
        done = launcher.run("demo")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("presso: needs Python 3.11 or newer; found none. Install it (")

    def test_a_python_without_venv_is_said_with_the_package(self, launcher: "Launcher") -> None:
        done = launcher.run("demo", FAKE_VENV="missing")
        assert (done.returncode, done.stdout) == (1, "")
        assert "cannot make a virtual environment" in done.stderr
        assert "apt install python3-venv" in done.stderr

    @pytest.mark.parametrize("lock", ["presso.txt", "check out", "terraform.txt"])
    def test_an_install_that_fails_tells_the_whole_story_and_the_next_run_goes_on(
        self, launcher: "Launcher", lock: str
    ) -> None:
        done = launcher.run("demo", FAKE_FAIL=lock)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"pip tells a long story about {lock}" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("presso: could not install ")
        assert not os.path.lexists(launcher.root / ".venv.lock")
        done_before = FIRST[1 : FIRST.index(f"install {lock}")] if lock == "terraform.txt" else []
        launcher.asked()
        assert launcher.run("up").stdout == "presso up\n"
        assert launcher.asked() == [line for line in FIRST[1:] if line not in done_before]


class TestGroups:
    @pytest.mark.parametrize(
        ("command", "terraform", "groups"),
        [
            pytest.param("up", "1.11.4", ["presso"], id="a command, with Terraform"),
            pytest.param("up", "2.0.0", ["presso"], id="a command, with a Terraform to come"),
            pytest.param("up", "1.9.8", ["presso", "terraform"], id="a command, with a Terraform too old"),
            pytest.param("up", None, ["presso", "terraform"], id="a command, without Terraform"),
            pytest.param(
                "test",
                "1.11.4",
                ["presso", "site", "dev", "terraform", "npm"],
                id="tests need both Terraforms, and packages of npm",
            ),
            pytest.param("catalog list", "1.11.4", ["presso"], id="a command of the catalog"),
            pytest.param("catalog site", "1.11.4", ["presso", "site"], id="the catalog's site"),
            pytest.param("lint", "1.11.4", ["presso", "site", "dev"], id="lint, with Terraform"),
            pytest.param("lint", None, ["presso", "site", "dev", "terraform"], id="lint, without Terraform"),
            pytest.param(
                "catalog code A --language java --out b",
                "1.11.4",
                ["presso", "dev", "npm"],
                id="code in Java",
            ),
            pytest.param("catalog code A --language=go", "1.11.4", ["presso", "dev", "npm"], id="code in Go"),
            pytest.param("catalog code A --language python", "1.11.4", ["presso"], id="code in Python"),
        ],
    )
    def test_only_what_a_command_needs_is_installed(
        self, launcher: "Launcher", command: str, terraform: str | None, groups: list[str]
    ) -> None:
        if terraform:
            launcher.has_terraform(terraform)
        launcher.run(*command.split())
        assert [name.removesuffix(".txt") for name in installs(launcher) if name != "check out"] == groups

    def test_a_later_command_adds_what_it_needs(self, launcher: "Launcher") -> None:
        launcher.run("up")
        launcher.asked()
        assert launcher.run("lint").stdout == "presso lint\n"
        assert launcher.asked() == ["install site.txt", "install dev.txt"]

    def test_packages_of_npm_are_those_of_the_lock_and_run_nothing(self, launcher: "Launcher") -> None:
        assert launcher.run("test").stderr.splitlines()[-1] == (
            "presso: installing locks/node/package-lock.json (once)"
        )
        told = launcher.log.with_name("log.npm").read_text().split()
        assert told == ["package-lock.json", "package.json", "--ignore-scripts"]
        launcher.asked()
        launcher.run("test")
        assert launcher.asked() == []

    def test_terraform_is_asked_for_its_version_once(self, launcher: "Launcher") -> None:
        launcher.has_terraform()
        for _ in range(4):
            launcher.run("up")
        asked = launcher.log.with_name("log.terraform").read_text().splitlines()
        assert 1 <= len(asked) <= 2  # the first time there is no environment to remember it in
        assert set(asked) == {"asked, not the internet"}

    def test_terraform_is_installed_once_it_is_gone_from_path(self, launcher: "Launcher") -> None:
        launcher.has_terraform()
        launcher.run("up")
        launcher.asked()
        (launcher.bin / "terraform").unlink()
        launcher.run("up")
        assert launcher.asked() == ["install terraform.txt"]


class TestChanges:
    def test_a_changed_lock_is_installed_again_and_no_other(self, launcher: "Launcher") -> None:
        launcher.run()
        launcher.asked()
        launcher.lock("terraform", "terraform==2\n")
        launcher.run()
        assert launcher.asked() == ["install terraform.txt"]
        launcher.lock("presso", "presso==2\n")
        launcher.run()
        assert launcher.asked() == ["install presso.txt", "install check out"]

    def test_changed_packages_of_npm_are_installed_again_for_tests_alone(self, launcher: "Launcher") -> None:
        launcher.run("test")
        launcher.asked()
        launcher.lock("node", "{}")
        launcher.run("lint")
        assert launcher.asked() == []
        launcher.run("test")
        assert launcher.asked() == ["install npm"]

    def test_packages_of_npm_that_cannot_be_installed_are_tried_again(self, launcher: "Launcher") -> None:
        done = launcher.run("test", FAKE_FAIL="npm")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-2:] == [
            "pip tells a long story about npm",
            "presso: could not install locks/node/package-lock.json; see above",
        ]
        launcher.asked()
        assert launcher.run("test").stdout == "presso test\n"
        assert launcher.asked() == ["install npm"]

    def test_a_moved_checkout_gets_an_environment_of_its_own(self, launcher: "Launcher") -> None:
        launcher.run()
        launcher.asked()
        launcher.root = launcher.root.rename(launcher.root.with_name("moved"))
        assert launcher.run("up").stdout == "presso up\n"
        assert launcher.asked() == [line.replace("check out", "moved") for line in FIRST]

    def test_a_python_that_is_gone_is_replaced(self, launcher: "Launcher") -> None:
        launcher.run()
        launcher.asked()
        (launcher.root / ".venv" / "bin" / "python").unlink()
        assert launcher.run("up").stdout == "presso up\n"
        assert launcher.asked() == FIRST


class TestTwoAtOnce:
    def test_install_once_and_both_run(self, launcher: "Launcher", until: Until) -> None:
        first = launcher.start("one", FAKE_STOP="presso.txt")
        until(launcher.log.with_name("log.waiting").exists)
        second = launcher.start("two")
        third = launcher.start("three")
        with pytest.raises(subprocess.TimeoutExpired):
            second.communicate(timeout=0.5)
        launcher.log.with_name("log.go").touch()
        told = [process.communicate(timeout=30)[0] for process in (first, second, third)]
        assert told == ["presso one\n", "presso two\n", "presso three\n"]
        assert launcher.asked() == FIRST
        assert not [path for path in launcher.root.iterdir() if path.name.startswith(".venv.lock")]

    def test_with_other_needs_each_gets_its_own(self, launcher: "Launcher", until: Until) -> None:
        first = launcher.start("up", FAKE_STOP="terraform.txt")
        until(launcher.log.with_name("log.waiting").exists)
        second = launcher.start("lint")
        launcher.log.with_name("log.go").touch()
        assert [p.communicate(timeout=30)[0] for p in (first, second)] == ["presso up\n", "presso lint\n"]
        assert launcher.asked() == [*FIRST, "install site.txt", "install dev.txt"]


class TestSuddenEnds:
    @pytest.mark.parametrize("lock", ["presso.txt", "check out", "terraform.txt"])
    def test_killed_in_the_middle_of_an_install_the_next_run_repairs_it(
        self, launcher: "Launcher", until: Until, lock: str
    ) -> None:
        process = launcher.start("up", FAKE_STOP=lock)
        until(launcher.log.with_name("log.waiting").exists)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert os.path.lexists(launcher.root / ".venv.lock")  # nobody could take it away
        before = launcher.asked()
        assert launcher.run("up").stdout == "presso up\n"
        again = FIRST[
            FIRST.index("install terraform.txt" if lock == "terraform.txt" else "install presso.txt") :
        ]
        assert (before[-1], launcher.asked()) == (f"install {lock}", again)
        assert not os.path.lexists(launcher.root / ".venv.lock")

    def test_several_that_find_a_dead_holder_install_once(self, launcher: "Launcher", until: Until) -> None:
        dead = subprocess.Popen(["true"])
        dead.wait()
        (launcher.root / ".venv.lock").symlink_to(str(dead.pid))
        several = [launcher.start(str(number)) for number in range(4)]
        assert [process.communicate(timeout=30)[0] for process in several] == [
            f"presso {n}\n" for n in range(4)
        ]
        assert launcher.asked() == FIRST
        assert not [path for path in launcher.root.iterdir() if path.name.startswith(".venv.lock")]

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_stopped_in_the_middle_it_releases_the_lock(
        self, launcher: "Launcher", until: Until, number: int, code: int
    ) -> None:
        process = launcher.start("up", FAKE_STOP="presso.txt")
        until(launcher.log.with_name("log.waiting").exists)
        os.killpg(process.pid, number)
        launcher.log.with_name("log.go").touch()
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out) == (code, "")
        assert not os.path.lexists(launcher.root / ".venv.lock")
        assert launcher.run("up").stdout == "presso up\n"

    def test_an_environment_that_was_begun_is_made_again(self, launcher: "Launcher") -> None:
        (launcher.root / ".venv" / "bin").mkdir(parents=True)
        (launcher.root / ".venv" / "bin" / "python").write_text("half of a file")
        assert launcher.run("up").stdout == "presso up\n"
        assert launcher.asked() == FIRST


def test_the_real_launcher_shows_the_help(checkout: Path) -> None:
    if not (checkout / ".venv" / "made-for").exists():
        pytest.skip("these tests do not run in the launcher's own environment")
    done = subprocess.run([checkout / "presso", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +demo +Show it all", done.stdout, re.MULTILINE)
