"""A box: a program sees no processes, files, sockets and networks but those put into it.

User, mount, PID, IPC, UTS and network namespaces (namespaces(7)), which an ordinary user may make unless the
system forbids it. What is in the box lies at the same paths as outside. The numbers are the kernel's:
include/uapi/linux/sched.h, mount.h.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct

from presso.linux import kernel

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
_NEWPID, _NEWNET = 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_RECURSIVE, _HERE = 0x8000, -100  # AT_RECURSIVE, AT_FDCWD
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_PR_CAPBSET_DROP, _EINVAL = 24, 22
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_SIGKILL = 9
NOBODY = 65534
_INODES = 50_000
_BASE = "/tmp"  # noqa: S108  # only covered, and only in the box
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "namespace"))


def enter(*, network: bool, nobody: bool, inside: int) -> None:
    """Move this process into new namespaces; its next child is the first process of a new PID namespace.

    Args:
        network: Whether also into a network of its own, in which there is loopback alone.
        nobody: Whether root becomes the user nobody (later, by `become`), so that limits of users apply.
        inside: The user's id inside.

    Raises:
        OSError: The system does not allow it.
    """
    flags = _NEWNS | _NEWPID | _NEWIPC | _NEWUTS | (_NEWNET if network else 0)
    if nobody and os.geteuid() == 0:
        kernel.unshare(flags)
    else:
        _own_user(flags, inside)
    if network:
        _raise_loopback()


def _own_user(flags: int, inside: int) -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_NEWUSER | flags)
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{inside} {group} 1"),
        ("uid_map", f"{inside} {user} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123
            file.write(text)


def _raise_loopback() -> None:
    any_socket = kernel.datagram_socket()
    try:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    finally:
        os.close(any_socket)


def become(*, nobody: bool) -> None:
    """Become the user of a box that root has entered with `nobody`; it may make boxes of its own."""
    if not nobody or os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(_PR_SET_DUMPABLE, "dumpable", 1)  # else its /proc/self is root's
    _own_user(0, 0)


def drop_capabilities() -> None:
    """Drop all of root's rights in this box, for every starting user."""
    for number in range(64):
        try:
            kernel.prctl(_PR_CAPBSET_DROP, "drop capability", number)
        except OSError as error:
            if error.errno == _EINVAL:
                return
            raise


def become_as_started() -> None:
    """Drop in this box what starting a program would: this process goes on without."""
    kernel.clear_capabilities()
    kernel.prctl(_PR_SET_DUMPABLE, "dumpable", 1)


def die_with(holder: int) -> None:
    """Die when the process that made this one dies; it alone holds the other end of the pipe `holder`."""
    kernel.prctl(_PR_SET_PDEATHSIG, "die with the parent", _SIGKILL)
    os.set_blocking(holder, False)
    try:  # contextlib takes longer to load than all of this
        os.read(holder, 1)
        os._exit(1)  # it has died already
    except BlockingIOError:
        pass
    os.close(holder)


def die_with_parent(parent: int) -> None:
    """Die when this process's parent does, which was `parent`."""
    kernel.prctl(_PR_SET_PDEATHSIG, "die with the parent", _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def mount_only(
    read: Iterable[str],
    write: Iterable[str],
    scratch: Mapping[str, int],
    temporary: str,
    *,
    proc_writable: bool,
    owner: int | None,
) -> None:
    """Make the box's files, and nothing else, all that there is.

    Args:
        read: Files and folders to read and run.
        write: Files and folders to change.
        scratch: Folders that are empty in the box, kept in memory, and how many bytes each holds at most.
        temporary: The folder that is `/tmp` in the box; "" for none.
        proc_writable: Whether the settings in `/proc` can be changed, as far as the kernel lets one.
        owner: The owner of scratch folders; None for the creating user.

    Raises:
        OSError: The system does not allow it.
    """
    wanted = [(path, False) for path in read] + [(path, True) for path in write]
    places = {(place, source, own) for path, own in wanted for place, source in _places(path)}
    if temporary:
        places.add(("/tmp", os.path.realpath(temporary), True))  # noqa: S108
    here = os.getcwd()  # noqa: PTH109
    _new_root()
    _bind_all(places)
    for place, size in scratch.items():
        _scratch(place, size, owner)
    for name in ("/proc", _BASE):  # boxes in this one are built on the latter
        _at(name, folder=True)
    flags = _NOSUID | _NODEV | _NOEXEC | (0 if proc_writable else _RDONLY)
    kernel.mount("proc", "/new/proc", "proc", flags)
    _leave(here)


def _new_root() -> None:
    """Make a file system in memory the root; the one so far is /old, and the box's will be /new."""
    kernel.mount("none", "/", flags=_REC | _PRIVATE)
    kernel.mount("tmpfs", _BASE, "tmpfs", _NOSUID | _NODEV, "mode=755,size=4m")
    for name in ("old", "new"):
        os.mkdir(f"{_BASE}/{name}")  # noqa: PTH102
    kernel.mount("tmpfs", f"{_BASE}/new", "tmpfs", _NOSUID | _NODEV, "mode=755,size=4m")
    number = _PIVOT_ROOT[os.uname().machine]
    kernel.call(number, f"pivot_root to {_BASE}", os.fsencode(_BASE), os.fsencode(f"{_BASE}/old"))
    os.chdir("/")


def _bind_all(places: Iterable[tuple[str, str, bool]]) -> None:
    """Bind paths in the box to their sources, where no folder above is bound in the same way."""
    covered: dict[str, bool] = {}
    for place, source, own in sorted(places):  # a folder before what is in it
        above = max((other for other in covered if place.startswith(other + "/")), key=len, default="")
        # What is in /tmp is not in the folder that is /tmp in the box; what is in a folder of it is.
        if above in ("", "/tmp") or covered[above] != own:  # noqa: S108
            _bind(source, place, writable=own)
            covered[place] = own


def _places(path: str) -> Iterable[tuple[str, str]]:
    """Where a path and what it leads to are to be found, and its source."""
    real = os.path.realpath(path)
    if os.path.exists(real):  # noqa: PTH110
        yield real, real
        yield os.path.abspath(path), real  # noqa: PTH100


def _at(place: str, *, folder: bool) -> str:
    """A place in the new root; made if it is not there."""
    path = f"/new{place}"
    if folder:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
    elif not os.path.exists(path):  # noqa: PTH110
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    return path


def _bind(source: str, place: str, *, writable: bool) -> None:
    source = "/old" + source
    target = _at(place, folder=os.path.isdir(source))  # noqa: PTH112
    kernel.mount(source, target, flags=_BIND | _REC)
    device = place.startswith("/dev/")
    _set(target, _NOSUID | (0 if device else _NODEV) | (0 if writable else _RDONLY), recursive=True)


def _set(target: str, flags: int, *, recursive: bool) -> None:
    attributes = _Attributes(set=flags)
    arguments = (os.fsencode(target), _RECURSIVE if recursive else 0, ctypes.byref(attributes), 32)
    kernel.call(_MOUNT_SETATTR, f"mount_setattr {target}", _HERE, *arguments)


def _scratch(place: str, size: int, owner: int | None) -> None:
    target = _at(place, folder=True)
    whose = "" if owner is None else f",uid={owner},gid={owner}"
    kernel.mount(
        "tmpfs", target, "tmpfs", _NOSUID | _NODEV, f"mode=700,size={size},nr_inodes={_INODES}{whose}"
    )


def _leave(here: str) -> None:
    """Make the new root the only one."""
    kernel.unmount("/old")
    os.chdir("/new")
    kernel.call(_PIVOT_ROOT[os.uname().machine], "pivot_root", b".", b".")
    kernel.unmount(".")
    os.chdir("/")
    _set("/", _RDONLY, recursive=False)
    try:  # noqa: SIM105  # as above
        os.chdir(here)
    except OSError:
        pass
