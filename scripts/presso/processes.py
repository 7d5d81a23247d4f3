"""Processes identified by pid and start time: a reused pid is never mistaken for ours."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from presso import interruption
from presso.awake_clock import AwakeClock

_HURRIED = 0.5
_LISTED = Path("/proc/thread-self/children")
# Children of this very process must be waited for, or they stay in the process table as zombies.
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes:
        pid: Its number, which the system gives to another process some time after this one has ended.
        started: When it started, in a form that only means something to `identify`.
    """

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether this process still runs: same pid, same start, not a zombie."""
        reap(self.pid)
        return self.started != "" and start_of(self.pid) == self.started

    def end(self, seconds: float = 10.0) -> bool:
        """Ask this process to end, and kill it when it has not within `seconds`, or at a second Ctrl-C.

        Returns:
            True when it ended by itself, False when it had to be killed.
        """
        if not self.alive():
            return True
        self._signal(signal.SIGTERM)
        if wait_until(lambda: not self.alive() or interruption.hurried(), seconds) and wait_until(
            lambda: not self.alive(), _HURRIED
        ):
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """Kill this process and wait until it is gone."""
        self._signal(signal.SIGKILL)
        wait_until(lambda: not self.alive(), 10)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)


def identify(pid: int) -> Process:
    """The process that has this pid now. Its `started` is empty when there is none."""
    return Process(pid, start_of(pid))


def this_process() -> Process:
    """The process that runs this."""
    return identify(os.getpid())


def machine() -> str:
    """Return a name of this machine as its processes see it: of its boot and their files. "" if unknown.

    Two containers have two names.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/mnt').readlink()}"
    except OSError:
        return ""


def anywhere() -> str:
    """Return a name of this process that no other has, on any machine; "" if there is none."""
    return f"{machine()}/{os.getpid()}/{start_of(os.getpid())}" if machine() else ""


def start_of(pid: int) -> str:
    """When the process with this pid started, in a form of the system's own; empty for none and for a zombie.

    Linux: field 22 of /proc/<pid>/stat (proc(5)), in ticks since the machine started, so with its boot's id.
    Elsewhere: `ps -o lstart=`, in whole seconds.
    """
    if Path("/proc/self/stat").exists():
        return _start_on_linux(pid)
    asked = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        # In a language and a time zone that do not depend on who asks.
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        process_group=0,  # as below
    )
    state, _, started = asked.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _start_on_linux(pid: int) -> str:
    fields = stat_fields(pid)
    if not fields or fields[0] in "ZX":
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    return f"{boot}-{fields[19]}"


def stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat (proc(5)) from the third on; none if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []
    # The second field is the program's name in parentheses and may hold anything, so count from behind it.
    return stat[stat.rindex(")") + 2 :].split()


def kill_running(start_of_path: Path) -> None:
    """Kill every process of this user that runs a file whose path starts like this."""
    start = os.fsencode(start_of_path)
    for pid, words in _command_lines():
        if pid != os.getpid() and any(word.startswith(start) for word in words[:2]):
            Process(pid, start_of(pid)).kill()


def given(*words: str) -> dict[Process, list[str]]:
    """Return the processes whose command line has these words in a row, each with all of its words."""
    wanted = [os.fsencode(word) for word in words]
    found = {}
    for pid, line in _command_lines():
        starts = range(len(line) - len(wanted) + 1)
        if pid != os.getpid() and any(line[start : start + len(wanted)] == wanted for start in starts):
            found[identify(pid)] = [os.fsdecode(word) for word in line]
    return found


def kill_descendants(pid: int) -> None:
    """Kill what a process has started, and what that has started, until nothing of it is left.

    What has lost its parent is found only where the process adopts it (`adopt_orphans`).
    """
    for _ in range(20):
        found = list(descendants(pid)) or list(descendants(pid))  # the second finds what changed its thread
        if not found:
            return
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def adopt_orphans() -> None:
    """Become the parent of what descendants leave behind, where the system knows such a thing (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def descendants(*pids: int) -> Iterator[int]:
    """What processes have started, and what that has started, zombies too; where the system has a `/proc`.

    Linux lists what each thread has started where it is built with CONFIG_PROC_CHILDREN (proc(5)). Reading
    that takes a tenth of reading what each process of the machine is. It misses what changes its thread
    meanwhile: what a thread that ends has started becomes another's of that process.
    """
    children = _started_by if _LISTED.exists() else _started_by_all().get
    waiting = list(pids)
    while waiting:
        found = children(waiting.pop()) or ()
        yield from found
        waiting += found


def _started_by(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # as quick as can be
            with (
                contextlib.suppress(OSError),
                open(f"/proc/{pid}/task/{task}/children", "rb", buffering=0) as file,  # noqa: PTH123
            ):
                found += map(int, file.read().split())
    return found


def _started_by_all() -> dict[int, list[int]]:
    """What each process of the machine has started."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if Path("/proc/self/stat").exists() else ():  # noqa: PTH208
        if name.isdecimal() and (fields := stat_fields(int(name))):
            found.setdefault(int(fields[1]), []).append(int(name))
    return found


def _command_lines() -> Iterator[tuple[int, list[bytes]]]:
    if not Path("/proc/self/cmdline").exists():
        asked = subprocess.run(
            ["ps", "-Awwo", "pid=,args="],
            capture_output=True,
            check=False,
            process_group=0,  # a second Ctrl-C would end it, and it would seem that nothing runs
        )
        for line in asked.stdout.splitlines():
            pid, *words = line.split()
            yield int(pid), words
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                yield int(entry.name), (entry / "cmdline").read_bytes().split(b"\0")


def wait_until(
    condition: Callable[[], bool], seconds: float, clock: Callable[[], float] | None = None
) -> bool:
    """Ask `condition` until it holds. False when it does not within `seconds` of the clock, an awake one."""
    clock = clock or AwakeClock().seconds
    deadline = clock() + seconds
    pause = 0.005
    while not condition():
        if clock() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


def spawn(
    arguments: list[str], *, folder: Path, log: Path, environment: dict[str, str], keep: tuple[int, ...]
) -> Process:
    """Start a daemon in a session of its own: signals of this terminal do not reach it.

    Args:
        arguments: The program and what it is given.
        folder: Its working folder.
        log: Where its output goes. The log of the run before is kept as `<log>.1`.
        environment: All of its environment.
        keep: Open files that it inherits.
    """
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
    with log.open("wb") as output:
        child = subprocess.Popen(
            arguments,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=keep,
            start_new_session=True,
        )
    _children[child.pid] = child
    return identify(child.pid)


def reap(pid: int) -> None:
    """Take note that a child of this process has ended, if it has."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
