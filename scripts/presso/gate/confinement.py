"""What a program that looks at an untrusted extension may touch, enforced by Linux itself where it can be.

    python -m presso.gate.confinement READ:READ… WRITE:WRITE… COMMAND…

Landlock (Linux 5.13) lets a process give up rights for good: here all files but those named, and, from
Linux 6.7 on, all TCP connections. Where there is none, the rules S-… alone keep an extension inside. The
numbers are the kernel's: include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14  # and truncate
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TCP = 3  # bind, connect
MOST_BYTES_WRITTEN = 256 * 1024 * 1024
MOST_MEMORY = 4 * 1024**3


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Landlock's version here; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    found = int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, 1))
    return max(found, 0)


def confine(read: Iterable[str], write: Iterable[str]) -> bool:
    """Give up all files but these, and the network; return whether the kernel could.

    Raises:
        OSError: The kernel knows Landlock and refuses.
    """
    known = version()
    if known == 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    everything = (1 << (13 if known < 2 else 14 if known < 3 else 15 if known < 5 else 16)) - 1
    rules = _Rules(everything, _TCP if known >= 4 else 0, 0)
    size = 8 if known < 4 else 16
    handle = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if handle < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for names, rights in ((read, _READ), (write, everything)):
        for name in names:
            _allow(libc, handle, name, rights & everything)
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(_RESTRICT, handle, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(handle)
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


def command(read: Iterable[Path | str], write: Iterable[Path | str], program: Iterable[str]) -> list[str]:
    """The command line that runs a program so confined."""
    lists = [":".join(map(str, names)) for names in (read, write)]
    return [sys.executable, "-I", "-S", __file__, *lists, *program]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES_WRITTEN, MOST_BYTES_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere it is not kept to
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    confine(filter(None, sys.argv[1].split(":")), filter(None, sys.argv[2].split(":")))
    os.execvpe(sys.argv[3], sys.argv[3:], os.environ)  # noqa: S606
