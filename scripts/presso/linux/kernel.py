"""Calls of the kernel that Python 3.11 has no functions for."""

from __future__ import annotations

import ctypes
import os
import struct

_INET, _DATAGRAM = 2, 2
_libc = ctypes.CDLL(None, use_errno=True)
_LIBC_MOUNT = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.mount.argtypes = _LIBC_MOUNT


def _checked(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return answer


def call(number: int, what: str, *arguments: object) -> int:
    """Make a system call by its number.

    Raises:
        OSError: The kernel refuses; it names `what`.
    """
    return _checked(int(_libc.syscall(number, *arguments)), what)


def prctl(option: int, what: str, *arguments: object) -> None:
    """Change a setting of this process (man 2 prctl).

    Raises:
        OSError: The kernel refuses; it names `what`.
    """
    words = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    _checked(int(_libc.prctl(option, *words, *[ctypes.c_ulong(0)] * (4 - len(words)))), what)


def unshare(flags: int) -> None:
    """Move this process (its children, for a PID namespace) into new namespaces.

    Raises:
        OSError: They cannot be had.
    """
    _checked(int(_libc.unshare(flags)), "unshare")


def clear_capabilities() -> None:
    """Drop all capabilities of this process (man 2 capset).

    Raises:
        OSError: The kernel refuses.
    """
    version, nothing = 0x20080522, bytes(24)
    header = struct.pack("Ii", version, 0)
    _checked(int(_libc.capset(header, nothing)), "capset")


def datagram_socket() -> int:
    """Open a socket that connects nowhere, for settings of the network (Python's `socket` loads slowly).

    Raises:
        OSError: There can be none.
    """
    return _checked(int(_libc.socket(_INET, _DATAGRAM, 0)), "socket")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system or a folder (man 2 mount).

    Raises:
        OSError: It cannot be mounted.
    """
    texts = [os.fsencode(text) for text in (source, target, kind)]
    answer = _libc.mount(texts[0], texts[1], texts[2] or None, flags, os.fsencode(options) or None)
    _checked(int(answer), f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Detach what is mounted there.

    Raises:
        OSError: It cannot be.
    """
    detach = 2
    _checked(int(_libc.umount2(os.fsencode(target), detach)), f"unmount {target}")
