"""Become a program that is kept inside its limits: `python -I -S runner.py LIMITS PROGRAM…`.

LIMITS is what `presso.confinement.Limits` is, as `marshal` writes it, in hexadecimal. Where there is a box,
this process stays outside, waits for the program, and ends as it ended; all that the program has started ends
with it. What is imported here is loaded for every box: `json`, `socket` and `signal` would double its cost.

A program that may have an author's environment variables (LD_PRELOAD, …) gets them only when it is started,
in the box: this process has them as one variable, ENVIRONMENT, which no loader reads.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from presso.linux import ENVIRONMENT, landlock, namespaces, seccomp

_CANNOT, _KILLED = 126, 128
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from typing import Any, NoReturn

    Limits = dict[str, Any]
else:
    import _signal as signal  # what `signal` is made of, without its enumerations


def main(arguments: Sequence[str]) -> NoReturn:
    """Run a program within limits; if the system does not support them, print an error and exit with 126."""
    limits, program = marshal.loads(bytes.fromhex(arguments[0])), list(arguments[1:])  # noqa: S302  # presso's own
    try:
        _keep_inside(limits, program)
        _start_all(limits, program)
    except OSError as error:
        _give_up(program, error)


def go_on(limits: Limits, program: list[str]) -> None:
    """Confine this very process, which has the program's code; if the system cannot do that, exit with 126.

    Where there is a box, a child goes on, and this process waits for it.
    """
    try:
        _keep_inside(limits, program)
        if limits["box"]:
            namespaces.become_as_started()
        _refuse_calls(limits, only=None)
    except OSError as error:
        _give_up(program, error)


def _keep_inside(limits: Limits, program: list[str]) -> None:
    """Return within the limits; where there is a box, in a child."""
    if limits["expendable"] and limits["box"]:
        _be_first_to_go()
    if not limits["box"]:
        _confine(limits, program)
    elif inside := _enter(limits, program):
        _end_as(inside)


def _give_up(program: list[str], error: OSError) -> NoReturn:
    print(f"{program[0]} cannot be confined: {error.strerror or error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(_CANNOT)


def _enter(limits: Limits, program: list[str]) -> int:
    """Make the box; returns 0 inside, and outside the pid of the process in it."""
    nobody = bool(limits["nobody"]) and os.geteuid() == 0
    parent = os.getppid()
    namespaces.enter(
        network=limits["network"] == "none",
        nobody=nobody,
        inside=0 if limits["boxes"] else os.getuid() or 1000,
    )
    ends, held = os.pipe()
    inside = os.fork()
    if inside:
        os.close(ends)
        if limits["with_parent"]:
            namespaces.die_with_parent(parent)
        return inside
    os.close(held)
    namespaces.mount_only(
        [path for path in limits["read"] if path != "/proc"],
        limits["write"],
        limits["scratch"],
        limits["temporary"],
        proc_writable=limits["boxes"],
        owner=namespaces.NOBODY if nobody else None,
    )
    if not limits["boxes"]:
        namespaces.drop_capabilities()
    namespaces.become(nobody=nobody)
    namespaces.die_with(ends)
    _confine(limits, program)
    return 0


def _confine(limits: Limits, program: list[str]) -> None:
    _limit(limits)
    # Landlock forbids mounting, which boxes inside need.
    if not (limits["boxes"] and limits["box"]):
        temporary = ["/tmp"] if limits["temporary"] else []  # noqa: S108
        own = [*limits["scratch"], *temporary] if limits["box"] else []
        landlock.restrict(
            ["/proc", *limits["read"]] if limits["box"] else limits["read"],
            [*limits["write"], *own],
            [_found(program[0]), *limits["run"]] if limits["run"] else None,
            None if limits["network"] == "open" else limits["connect"],
            signals=limits["signals"],
        )


def _be_first_to_go() -> None:
    """Where the machine runs out of memory, the kernel ends this program first."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")


def _limit(limits: Limits) -> None:
    linux = sys.platform == "linux"
    most = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        # Elsewhere these are not kept to.
        (resource.RLIMIT_AS, limits["memory"] if linux else 0),
        (resource.RLIMIT_DATA, limits["data"] if linux else 0),
        (resource.RLIMIT_NPROC, limits["processes"] if limits["box"] else 0),
        (resource.RLIMIT_NOFILE, limits["files"]),
    ]
    for kind, number in most:
        if number or kind == resource.RLIMIT_CORE:
            hard = resource.getrlimit(kind)[1]
            number = number if hard == resource.RLIM_INFINITY else min(number, hard)
            resource.setrlimit(kind, (number, number))


def _start_all(limits: Limits, program: list[str]) -> NoReturn:
    """Run a program as often as it is to run, and become it for the last time.

    What it prints into a file replaces what it printed before. It ends when it fails.

    Raises:
        OSError: It cannot be started.
    """
    programs = [program, *limits["then"]]
    for each in programs[:-1]:
        child = os.fork()
        if child == 0:
            _start(limits, each)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            os._exit(code if code > 0 else _KILLED - code)
        os.ftruncate(sys.stdout.fileno(), 0)
        os.lseek(sys.stdout.fileno(), 0, os.SEEK_SET)
    _start(limits, programs[-1])


def _start(limits: Limits, program: list[str]) -> NoReturn:
    """Become the program.

    Raises:
        OSError: It cannot be started.
    """
    path = _found(program[0])
    libc = ctypes.CDLL(None, use_errno=True)
    place = ctypes.create_string_buffer(os.fsencode(path))
    words = (ctypes.c_char_p * (len(program) + 1))(*map(os.fsencode, program), None)
    texts = [os.fsencode(f"{name}={text}") for name, text in _environment().items()]
    environment = (ctypes.c_char_p * (len(texts) + 1))(*texts, None)
    alone = limits["run"] is not None and not limits["run"]
    _refuse_calls(limits, only=place if alone else None)
    libc.execve(place, words, environment)
    number = ctypes.get_errno()
    raise OSError(number, f"{path}: {os.strerror(number)}")


def _refuse_calls(limits: Limits, *, only: ctypes.Array[ctypes.c_char] | None) -> None:
    if sys.platform == "linux":
        seccomp.restrict(
            unix=limits["unix"],
            boxes=limits["boxes"],
            listens=limits["unix"] or limits["boxes"],
            only=only,
        )


def _environment() -> dict[str, str]:
    """The program's environment: the one that was handed on for it, or this process's own."""
    given = os.environ.get(ENVIRONMENT)
    if given is None:
        return dict(os.environ)
    found: dict[str, str] = marshal.loads(bytes.fromhex(given))  # noqa: S302  # presso's own
    return found


def _found(name: str) -> str:
    if "/" in name:
        return name
    for folder in os.get_exec_path():
        path = os.path.join(folder, name)  # noqa: PTH118
        if os.access(path, os.X_OK):
            return path
    return name


def _end_as(inside: int) -> NoReturn:
    """Wait for the process in the box, hand SIGINT on to it, kill it at SIGTERM, and end as it ends."""
    signal.signal(signal.SIGINT, lambda *_: os.kill(inside, signal.SIGINT))
    signal.signal(signal.SIGTERM, lambda *_: os.kill(inside, signal.SIGKILL))
    _, status = os.waitpid(inside, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1:])
