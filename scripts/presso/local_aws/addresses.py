"""Where the local AWS can be reached: a TCP port on loopback, and a folder for Unix sockets."""

import contextlib
import errno
import hashlib
import os
import random
import re
import shutil
import socket
import stat
import tempfile
import time
from pathlib import Path

from presso.awake_clock import AwakeClock
from presso.errors import PressoError, UsageError

PORT_VARIABLE = "PRESSO_PORT"
ALLOWED_HOSTS = "PRESSO_ALLOWED_HOSTS"
LOOPBACK = "127.0.0.1"
_LONGEST_SOCKET = 100
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?::\d{1,5})?|(?:[0-9a-f]+|:):[0-9a-f:]*")
_QUIET_PORTS = range(20000, 32768)
_PATIENCE_SECONDS = 1.0


def wanted_port() -> int | None:
    """The port that the user asks for by `PRESSO_PORT`; None when any will do.

    Raises:
        UsageError: it is not a port number.
    """
    text = os.environ.get(PORT_VARIABLE, "")
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise UsageError(
            f"{PORT_VARIABLE}={text} is not a port number.",
            hint="Choose one from 1024 to 65535, or unset it.",
        )
    return int(text)


def allowed_hosts() -> tuple[str, ...]:
    """What the emulator may call beside itself: `HOST` or `HOST:PORT` each, by `PRESSO_ALLOWED_HOSTS`.

    Raises:
        UsageError: one of them is not a host.
    """
    hosts = tuple(
        part.strip().lower() for part in os.environ.get(ALLOWED_HOSTS, "").split(",") if part.strip()
    )
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise UsageError(
                f"{ALLOWED_HOSTS}: {host!r} is not a host.",
                hint="Write names or addresses, with or without a port: "
                f"{ALLOWED_HOSTS}=hooks.example.com,10.0.0.7:8080",
            )
    return hosts


def listening(wanted: int | None, remembered: Path) -> socket.socket:
    """A socket that listens on loopback, for the emulator to inherit.

    Args:
        wanted: The port that it must be; None for a free one.
        remembered: File that keeps the port from run to run: URLs in Terraform's states hold it.

    Raises:
        PressoError: `wanted` cannot be had.
    """
    if wanted is not None:
        listener = _listen_exactly(wanted)
    else:
        last = remembered.read_text() if remembered.exists() else ""
        listener = _listen_anywhere(int(last) if last.isdecimal() else 0)
    remembered.write_text(str(listener.getsockname()[1]))
    return listener


def _listen_exactly(port: int) -> socket.socket:
    try:
        return _listen(port)
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"is not available ({error.strerror})"
        raise PressoError(
            f"Port {port} {why}, so the local AWS cannot start on it.",
            hint=f"Choose another by {PORT_VARIABLE}=<port>, or unset it to take any free one.",
        ) from error


def _listen_anywhere(first: int) -> socket.socket:
    """Listen on `first` when it can be had, else on a free port.

    Free ports are looked for below those that systems give to outgoing connections (from 32768 on Linux,
    49152 on macOS): such a connection could take the port while the emulator is down, and the URLs in states
    would be stale.
    """
    clock = AwakeClock()
    while first and clock.seconds() < _PATIENCE_SECONDS:
        with contextlib.suppress(OSError, OverflowError):
            return _listen(first)
        time.sleep(0.05)  # a killed emulator's last connections may still hold it
    for port in random.sample(_QUIET_PORTS, 50):
        with contextlib.suppress(OSError):
            return _listen(port)
    return _listen(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Connections of the run before that are still being closed must not keep its port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def answers(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=2).close()
    except OSError:
        return False
    return True


def answers_http(port: int) -> bool:
    """Whether the emulator on this port reports that it is healthy, within two seconds."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(b"GET /_ministack/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def accepts(control: Path) -> bool:
    """Whether something accepts connections on this Unix socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            connection.connect(str(control))
            return True
    except OSError:
        return False


def control_socket(folder: Path) -> Path:
    """A path for the control socket, in a new folder that only this user can open.

    It is the same for the same folder whenever it can be, because Terraform's launchers carry it. It is not
    under the folder because the path of a Unix socket must be short.
    """
    name = f"presso-{os.getuid()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}"
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent / name / "control.sock")) >= _LONGEST_SOCKET:
        parent = Path("/tmp")  # noqa: S108  # the only short one that is everywhere
    own = parent / name
    try:
        own.mkdir(mode=0o700)
    except FileExistsError:
        if not _only_mine(own):
            # Another user has created it: do not trust it.
            own = Path(tempfile.mkdtemp(prefix="presso-", dir=parent))
        else:
            remove_control(own / "control.sock")
            own.mkdir(mode=0o700)
    return own / "control.sock"


def remove_control(control: Path) -> None:
    """Remove the control socket's folder, unless it belongs to another user."""
    if _only_mine(control.parent):
        shutil.rmtree(control.parent, ignore_errors=True)


def _only_mine(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700
    )
