"""What a program that reads or is an untrusted extension may access; Linux enforces it where it can.

A program runs in a box of its own (`presso.linux.namespaces`): it sees only the processes, files, sockets and
networks that were put into it. In addition, Landlock and seccomp deny what it does not need. Where the system
allows no boxes, only these two apply; where it has neither, only the static rules S-… do.
"""

from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from presso.linux import ENVIRONMENT, landlock

MOST_BYTES_WRITTEN = 256 * 1024 * 1024
MOST_MEMORY = 4 * 1024**3
_RUNNER = Path(landlock.__file__).with_name("runner.py")
_PROBE_SECONDS = 60.0
_LOADER = re.compile(rb"(?<![\w/.-])/[\w/.-]*/ld-[\w.-]+")
# What programs need of the system; no user's home, no /etc but for these.
SYSTEM = (
    *("/bin", "/lib", "/lib64", "/usr", "/opt", "/nix", "/sys/kernel/mm/transparent_hugepage"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/nsswitch.conf"),
    *("/etc/passwd", "/etc/ssl"),
    # Of all processes: where there is no box, not of other processes.
    *("/proc/cpuinfo", "/proc/filesystems", "/proc/meminfo", "/proc/stat", "/proc/sys", "/proc/version"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")


@dataclass(frozen=True)
class Limits:
    """What a program may do.

    Args:
        read: Files and folders that it may read and run.
        write: Files and folders that it may change, too.
        run: The programs that it may start, and their loaders; () for none, None for all that it may read.
        connect: TCP ports that it may connect to.
        network: `none` for a network of its own that is empty; `kept` for the network that it is started in,
            limited to the ports; `open` for that network without limits.
        unix: Whether it may make Unix sockets, which reach the paths that it may see; without, none of its
            sockets listens, except those of a program that confines others.
        memory: The most bytes of address space; 0 for no limit.
        data: The most bytes of memory that it fills, for programs that reserve much more; 0 for no limit.
        file: The most bytes of a file that it writes.
        seconds: The most seconds that each of its processes may compute; 0 for no limit.
        processes: The most processes and threads at a time; 0 for no limit. Only kept to in a box.
        files: The most open files of each of its processes; 0 for no limit.
        scratch: Folders of its own, kept in memory, and the most bytes in each. Only in a box.
        temporary: The folder that is `/tmp` for it, in a box.
        boxes: Whether it confines others itself.
        nobody: Whether, started by root, it becomes the user nobody: no limit on processes applies to root.
        signals: Whether it may send signals to processes that are not confined with it.
        expendable: Whether the kernel ends it first when the machine runs out of memory. Only in a box:
            elsewhere the starting process may not set this.
        with_parent: Whether it ends when the thread that starts it does. Only in a box.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    run: tuple[str, ...] | None = None
    connect: tuple[int, ...] = ()
    network: str = "none"
    unix: bool = True
    memory: int = MOST_MEMORY
    data: int = 0
    file: int = MOST_BYTES_WRITTEN
    seconds: int = 0
    processes: int = 0
    files: int = 0
    scratch: Mapping[str, int] = field(default_factory=dict)
    temporary: str = ""
    boxes: bool = False
    nobody: bool = False
    signals: bool = False
    expendable: bool = False
    with_parent: bool = False

    def __post_init__(self) -> None:
        if any(Path(path).resolve() == Path("/") for path in (*self.read, *self.write)):
            raise ValueError("A program that may see everything is not confined.")

    def command(
        self, program: Iterable[str], *, then: Sequence[Sequence[str]] = (), box: bool | None = None
    ) -> list[str]:
        """The command line that runs a program so confined.

        Args:
            program: The program, and what it is given.
            then: The same once more, each time when it has ended well and in the same box: its stdout is a
                file, which then holds what it printed last.
            box: Whether in a box; by default where the system gives one.
        """
        settings = self.settings(box=not lacking() if box is None else box)
        settings["then"] = [list(words) for words in then]
        return [sys.executable, "-I", "-S", str(_RUNNER), marshal.dumps(settings).hex(), *program]

    def settings(self, *, box: bool) -> dict[str, Any]:
        """The limits as `presso.linux.runner` has them."""
        return vars(self) | {"box": box, "scratch": dict(self.scratch)}


def environment_inside(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which to start a command of `Limits.command`, for untrusted variables.

    The program gets them when it is confined. As variables of what confines it they would run code before
    that: LD_PRELOAD does.
    """
    return {"PATH": os.environ.get("PATH", os.defpath), ENVIRONMENT: marshal.dumps(dict(variables)).hex()}


def python() -> tuple[str, ...]:
    """The folders of this Python, its packages, and presso's own code."""
    here = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parents[1])}
    found = [folder for prefix in sorted(here) for folder in installation(Path(prefix))]
    return (*found, str(Path(__file__).resolve().parents[1]))


def installation(prefix: Path) -> tuple[str, ...]:
    """Return the folders of what is installed below a prefix: of a home, only those for programs."""
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111 - a user may have no home
    if prefix == Path("/"):
        return ()
    if not home.is_relative_to(prefix) and prefix != home / ".local":
        return (str(prefix),)
    names = ("bin", "include", "lib", "lib64", "libexec", "share/node", "share/doc/node")
    return tuple(str(folder) for name in names if (folder := prefix / name).is_dir())


def needed_by(command: Sequence[str]) -> tuple[str, ...]:
    """Return the files that a program reads to run: none of the system's if it is linked statically.

    Args:
        command: The program, or Python and a program for it.
    """
    own = (*command, str(Path(command[0]).resolve()))
    if len(command) > 1:
        return (*own, *SYSTEM, *python())
    return (*own, *SYSTEM) if is_script(command[0]) or loaders(command[0]) else own


def loaders(path: str) -> list[str]:
    """Return the loader that the kernel starts for a dynamically linked program."""
    found = _LOADER.search(_head(path))
    return [str(Path(found[0].decode()).resolve())] if found else []


def is_script(path: str) -> bool:
    """Return whether a program is a script, which another program runs."""
    return _head(path).startswith(b"#!")


def _head(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(4096)


@cache
def lacking() -> str:
    """Why programs get no box of their own here; "" when they get one."""
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces"
    inner = Limits(read=(*SYSTEM, *python()), write=DEVICES, memory=0, network="kept")
    outer = Limits(read=(*SYSTEM, *python()), write=DEVICES, memory=0, boxes=True, nobody=True)
    command = outer.command(inner.command(["/bin/true"], box=True), box=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else said[-1] if said else f"the probe ended with {done.returncode}"
