"""Which calls of the kernel a program may still make.

A filter is classic BPF over `struct seccomp_data`: the call's number at 0, the architecture at 4, six
arguments of 8 bytes from 16 on. Numbers: the kernel's tables of system calls (arch/x86/entry/syscalls,
asm-generic/unistd.h); flags: include/uapi/linux/sched.h, mman.h, net.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

from presso.linux import kernel

# A call's numbers on x86_64 and on aarch64; None where there is no such call.
_SOCKET, _SOCKETPAIR, _CLONE, _CLONE3 = (41, 198), (53, 199), (56, 220), (435, 435)
_MMAP, _EXECVE, _EXECVEAT, _LISTEN = (9, 222), (59, 221), (322, 281), (50, 201)
# Calls that send, and which of their arguments has the flags.
_SENDING = (((44, 206), 3), ((46, 211), 2), ((307, 269), 3))
# Calls newer than these tables: a C library falls back when there is no such call.
_UNKNOWN_FROM = 451
# Looking into or changing other processes and the machine, and memory that no limit counts.
_NEVER: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106),
    "fanotify_init": (300, 262), "finit_module": (313, 273), "init_module": (175, 105),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "io_setup": (206, 0),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425),
    "ioperm": (173, None), "iopl": (172, None), "kcmp": (312, 272), "kexec_file_load": (320, 294),
    "kexec_load": (246, 104), "keyctl": (250, 219), "lookup_dcookie": (212, 18), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "migrate_pages": (256, 238), "modify_ldt": (154, None),
    "move_pages": (279, 239), "mq_open": (240, 180), "msgget": (68, 186), "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42), "open_by_handle_at": (304, 265), "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "reboot": (169, 142), "request_key": (249, 218),
    "semget": (64, 190), "setdomainname": (171, 162), "settimeofday": (164, 170), "shmget": (29, 194),
    "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}  # fmt: skip
# Creating boxes of its own, allowed only for programs that run others' programs.
_BOXES: dict[str, tuple[int | None, int | None]] = {
    "chroot": (161, 51), "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430),
    "fspick": (433, 433), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "open_tree": (428, 428), "pivot_root": (155, 41), "sethostname": (170, 161), "setns": (308, 268),
    "umount2": (166, 39), "unshare": (272, 97),
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_ALLOW, _REFUSE, _NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
_LOAD, _EQUALS, _AT_LEAST, _ANY_BIT, _MASK, _GIVE = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NAMESPACES = 0x7E020000
_UNIX, _INET, _INET6, _STREAM, _SEQPACKET, _TCP = 1, 2, 10, 1, 5, 6
_ANONYMOUS, _KIND_OF_MAPPING, _PRIVATE, _GROWS_DOWN = 0x20, 0x2F, 0x22, 0x100
_FAST_OPEN = 0x20000000
_FILTER_MODE = 2
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
Line = tuple[int, int, int, int]
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def known() -> bool:
    """Whether this machine's calls are in the tables."""
    return os.uname().machine in _MACHINES and sys.byteorder == "little"


def restrict(*, unix: bool, boxes: bool, listens: bool, only: ctypes.Array[ctypes.c_char] | None) -> None:
    """Refuse (EPERM) for good what a confined program has no use for.

    What stays of sockets are TCP's to the internet, and pairs of Unix sockets. A socket is connected by
    connect() alone, and listens on a port that it was given: Landlock asks about no other way.

    Args:
        unix: Whether it may make Unix sockets.
        boxes: Whether it may make namespaces and mount.
        listens: Whether its sockets may wait for connections.
        only: Where in memory the path is of the one program that may be started from now on; None for any.

    Raises:
        OSError: The kernel refuses the filter.
    """
    if not known():
        return
    architecture, column = _MACHINES[os.uname().machine]
    code = [(_LOAD, 0, 0, 4), (_EQUALS, 1, 0, architecture), (_GIVE, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    code += [(_AT_LEAST, 0, 1, 0x40000000), (_GIVE, 0, 0, _REFUSE)]  # x32's numbers
    code += [(_AT_LEAST, 0, 1, _UNKNOWN_FROM), (_GIVE, 0, 0, _NO_SUCH_CALL)]
    for refused in (_NEVER, *([] if boxes else [_BOXES])):
        for numbers in refused.values():
            number = numbers[column]
            code += [] if number is None else [(_EQUALS, 0, 1, number), (_GIVE, 0, 0, _REFUSE)]
    if not boxes:
        code += [(_EQUALS, 0, 1, _CLONE3[column]), (_GIVE, 0, 0, _NO_SUCH_CALL)]
        code += _for(_CLONE[column], [_load(0), (_ANY_BIT, 0, 1, _NAMESPACES), (_GIVE, 0, 0, _REFUSE)])
        code += _for(_MMAP[column], list(_mappings()))
    code += _for(_SOCKET[column], list(_sockets(unix=unix)))
    code += _for(_SOCKETPAIR[column], list(_pairs()))
    for numbers, flags in _SENDING:
        code += _for(numbers[column], [_load(flags), (_ANY_BIT, 0, 1, _FAST_OPEN), (_GIVE, 0, 0, _REFUSE)])
    code += [] if listens else [(_EQUALS, 0, 1, _LISTEN[column]), (_GIVE, 0, 0, _REFUSE)]
    if only is not None:
        code += _for(_EXECVE[column], list(_at(ctypes.addressof(only))))
        code += [(_EQUALS, 0, 1, _EXECVEAT[column]), (_GIVE, 0, 0, _REFUSE)]
    _install([*code, (_GIVE, 0, 0, _ALLOW)])


def _load(argument: int, *, high: bool = False) -> Line:
    return (_LOAD, 0, 0, 16 + 8 * argument + (4 if high else 0))


def _for(number: int, inner: Sequence[Line]) -> Iterator[Line]:
    """Decide about one call by its arguments; what `inner` does not decide is allowed."""
    yield (_EQUALS, 0, len(inner) + 1, number)
    yield from inner
    yield (_GIVE, 0, 0, _ALLOW)


def _mappings() -> Iterator[Line]:
    """Memory that RLIMIT_DATA does not count: what is shared but in no file, and what grows as a stack."""
    yield _load(3)
    yield (_ANY_BIT, 0, 1, _GROWS_DOWN)
    yield (_GIVE, 0, 0, _REFUSE)
    yield (_ANY_BIT, 0, 3, _ANONYMOUS)
    yield (_MASK, 0, 0, _KIND_OF_MAPPING)
    yield (_EQUALS, 1, 0, _PRIVATE)
    yield (_GIVE, 0, 0, _REFUSE)


def _sockets(*, unix: bool) -> Iterator[Line]:
    """TCP's only: what Landlock and a name server's port know nothing of is refused."""
    yield _load(0)
    yield (_EQUALS, 9 if unix else 8, 0, _UNIX)
    yield (_EQUALS, 1, 0, _INET)
    yield (_EQUALS, 0, 6, _INET6)
    yield _load(1)
    yield (_MASK, 0, 0, 0xF)
    yield (_EQUALS, 0, 3, _STREAM)
    yield _load(2)
    yield (_EQUALS, 2, 0, 0)
    yield (_EQUALS, 1, 0, _TCP)
    yield (_GIVE, 0, 0, _REFUSE)


def _pairs() -> Iterator[Line]:
    """Pairs whose ends can reach nothing but each other: a datagram's could be sent to any path."""
    yield _load(0)
    yield (_EQUALS, 0, 4, _UNIX)
    yield _load(1)
    yield (_MASK, 0, 0, 0xF)
    yield (_EQUALS, 2, 0, _STREAM)
    yield (_EQUALS, 1, 0, _SEQPACKET)
    yield (_GIVE, 0, 0, _REFUSE)


def _at(address: int) -> Iterator[Line]:
    """A path that lies here: after the program has been replaced, nothing of its own does."""
    yield _load(0)
    yield (_EQUALS, 0, 2, address & 0xFFFFFFFF)
    yield _load(0, high=True)
    yield (_EQUALS, 1, 0, address >> 32)
    yield (_GIVE, 0, 0, _REFUSE)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _install(code: Sequence[Line]) -> None:
    text = b"".join(struct.pack("HBBI", *line) for line in code)
    program = _Program(len(code), text)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, "no_new_privs", 1)
    kernel.prctl(_PR_SET_SECCOMP, "seccomp", _FILTER_MODE, ctypes.byref(program))
