"""Landlock (Linux 5.13): a process gives up rights for good, and so does all that it starts.

It knows files; from Linux 6.7 on TCP ports (not addresses); from 6.12 on signals and abstract Unix sockets.
The numbers are the kernel's: include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import sys

from presso.linux import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BENEATH, _PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14  # and truncate
_READ = _READ_FILE | _READ_DIR
_TCP = 3  # bind, connect
_CONNECT = 2
_ABSTRACT, _SIGNALS = 1, 2  # what is kept inside: abstract Unix sockets, signals
_PR_SET_NO_NEW_PRIVS = 38
KNOWS_PORTS, KNOWS_SIGNALS = 4, 6
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def version() -> int:
    """Landlock's version here; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return kernel.call(_CREATE, "landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def restrict(
    read: Sequence[str],
    write: Sequence[str],
    run: Sequence[str] | None,
    ports: Sequence[int] | None,
    *,
    signals: bool,
) -> None:
    """Give up all files, ports and signals but these; nothing happens where there is no Landlock.

    Args:
        read: Files and folders that may be read.
        write: Files and folders that may be changed, too.
        run: Files that may be started as programs; None for all that may be read.
        ports: TCP ports that may be connected to; None for all.
        signals: Whether signals may reach processes outside.

    Raises:
        OSError: The kernel knows Landlock and refuses.
    """
    known = version()
    if known == 0:
        return
    everything = (1 << (13 if known < 2 else 14 if known < 3 else 15 if known < 5 else 16)) - 1
    network = _TCP if known >= KNOWS_PORTS and ports is not None else 0
    handle = _ruleset(known, everything, network, signals=signals)
    running = _EXECUTE if run is None else 0
    for names, rights in (
        (read, _READ | running),
        (write, everything & ~_EXECUTE | running),
        (run or (), _EXECUTE),
    ):
        for name in names:
            _allow(handle, name, rights & everything)
    for port in ports or () if network else ():
        rule = ctypes.byref(_Port(_CONNECT, port))
        kernel.call(_ADD, f"landlock_add_rule for port {port}", handle, _PORT, rule, 0)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, "no_new_privs", 1)
    kernel.call(_RESTRICT, "landlock_restrict_self", handle, 0)
    os.close(handle)


def _ruleset(known: int, files: int, network: int, *, signals: bool) -> int:
    """Make a set of rules for these rights, as far as this version of Landlock knows them."""
    scoped = _ABSTRACT if signals else _ABSTRACT | _SIGNALS
    rules = _Rules(files, network, scoped if known >= KNOWS_SIGNALS else 0)
    size = 8 if known < KNOWS_PORTS else 16 if known < KNOWS_SIGNALS else 24
    return kernel.call(_CREATE, "landlock_create_ruleset", ctypes.byref(rules), size, 0)


def _allow(handle: int, name: str, rights: int) -> None:
    try:
        opened = os.open(name, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there needs no right
        return
    try:
        rights = rights if os.path.isdir(name) else rights & _OF_FILES  # noqa: PTH112
        rule = _Beneath(rights, opened)
        kernel.call(_ADD, f"landlock_add_rule for {name}", handle, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(opened)
