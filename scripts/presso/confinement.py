"""What a program that looks at, or is, an untrusted extension may touch, enforced by Linux where it can be.

    python -m presso.confinement LIMITS COMMAND…

Landlock (Linux 5.13) lets a process give up rights for good: here all files but those named; from Linux 6.7
on, TCP but to the ports named; from 6.12 on, signals to processes outside. It knows ports, not addresses. A
seccomp filter refuses all other sockets to the internet, such as those that ask for names. Where there is no
Landlock, the rules S-… alone keep an extension inside. The numbers are the kernel's:
include/uapi/linux/landlock.h, filter.h, seccomp.h, audit.h and the tables of system calls.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14  # and truncate
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TCP = 3  # bind, connect
_CONNECT = 2
_ABSTRACT, _SIGNALS = 1, 2  # what is kept inside: abstract Unix sockets, signals
_SECCOMP, _FILTER = 22, 2
# Machine → its number for audit, and for the system calls socket and io_uring_setup.
_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
MOST_BYTES_WRITTEN = 256 * 1024 * 1024
MOST_MEMORY = 4 * 1024**3
# What programs need of the system; no user's home, no /etc but for these.
SYSTEM = (
    *("/bin", "/lib", "/lib64", "/usr", "/opt", "/nix", "/proc", "/sys/kernel/mm/transparent_hugepage"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/nsswitch.conf"),
    *("/etc/passwd", "/etc/ssl", "/sys/fs/cgroup"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")


@dataclass(frozen=True)
class Limits:
    """What a program may do.

    Args:
        read: Files and folders that it may read and run.
        write: Files and folders that it may change, too.
        connect: TCP ports that it may connect to.
        memory: The most bytes of address space; 0 for no limit.
        data: The most bytes of memory that it fills, for programs that reserve much more; 0 for no limit.
        seconds: The most seconds that each of its processes may compute; 0 for no limit.
        signals: Whether it may send signals to processes that are not confined with it.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    connect: tuple[int, ...] = ()
    memory: int = MOST_MEMORY
    data: int = 0
    seconds: int = 0
    signals: bool = False

    def command(self, program: Iterable[str]) -> list[str]:
        """The command line that runs a program so confined."""
        return [sys.executable, "-I", "-S", __file__, json.dumps(dataclasses.asdict(self)), *program]


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def python() -> tuple[str, ...]:
    """The folders of this Python and its packages, and of presso's own code."""
    here = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parents[1])}
    return (*sorted(here), str(Path(__file__).resolve().parents[1]))


def version() -> int:
    """Landlock's version here; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    found = int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, 1))
    return max(found, 0)


def confine(limits: Limits) -> bool:
    """Give up all files and ports but these, for this thread and what it starts.

    Returns:
        Whether the kernel could.

    Raises:
        OSError: The kernel knows Landlock and refuses.
    """
    known = version()
    if known == 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    everything = (1 << (13 if known < 2 else 14 if known < 3 else 15 if known < 5 else 16)) - 1
    scoped = _ABSTRACT if limits.signals else _ABSTRACT | _SIGNALS
    rules = _Rules(everything, _TCP if known >= 4 else 0, scoped if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    handle = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if handle < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for names, rights in ((limits.read, _READ), (limits.write, everything)):
        for name in names:
            _allow(libc, handle, name, rights & everything)
    for port in limits.connect if known >= 4 else ():
        if libc.syscall(_ADD, handle, 2, ctypes.byref(_Port(_CONNECT, port)), 0):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule for port {port}")
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(_RESTRICT, handle, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(handle)
    _only_streams(libc)
    return True


def _allow(libc: ctypes.CDLL, handle: int, name: str, rights: int) -> None:
    try:
        opened = os.open(name, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there needs no right
        return
    try:
        rights = rights if Path(name).is_dir() else rights & _OF_FILES
        rule = _Beneath(rights, opened)
        if libc.syscall(_ADD, handle, 1, ctypes.byref(rule), 0):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule for {name}")
    finally:
        os.close(opened)


def _only_streams(libc: ctypes.CDLL) -> None:
    """Refuse (EPERM) sockets to the internet but TCP, and io_uring, which would make them unseen.

    The filter is classic BPF over `struct seccomp_data`: number at 0, architecture at 4, arguments from 16
    on, 8 bytes each. What another architecture's numbers mean is not looked at: it is refused whole.
    """
    if platform.machine() not in _CALLS or sys.byteorder != "little":
        return
    architecture, socket, uring = _CALLS[platform.machine()]
    load, equals, mask, give = 0x20, 0x15, 0x54, 0x06
    inet, inet6, stream, allow, refuse = 2, 10, 1, 0x7FFF0000, 0x00050000 | 1
    code = [
        (load, 0, 0, 4),
        (equals, 0, 11, architecture),  # else refuse
        (load, 0, 0, 0),
        (0x35, 9, 0, 0x40000000),  # at least that: x32's numbers
        (equals, 8, 0, uring),
        (equals, 0, 6, socket),  # else allow
        (load, 0, 0, 16),
        (equals, 1, 0, inet),
        (equals, 0, 3, inet6),  # else allow
        (load, 0, 0, 24),
        (mask, 0, 0, 0xF),
        (equals, 0, 1, stream),  # else refuse
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    text = b"".join(struct.pack("HBBI", *line) for line in code)
    program = _Program(len(code), text)
    if libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def _main(limits: Limits, program: list[str]) -> None:
    most = [(resource.RLIMIT_FSIZE, MOST_BYTES_WRITTEN), (resource.RLIMIT_CPU, limits.seconds)]
    if sys.platform == "linux":  # elsewhere they are not kept to
        most += [(resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_DATA, limits.data)]
    for kind, number in most:
        if number:
            resource.setrlimit(kind, (number, number))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    confine(limits)
    os.execvpe(program[0], program, os.environ)  # noqa: S606


if __name__ == "__main__":
    _main(Limits(**json.loads(sys.argv[1])), sys.argv[2:])
