"""The server as it listens: raw requests, and an end that leaves nothing."""

import contextlib
import http.client
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.patience import PATIENCE

from presso.dashboard import control_room
from presso.dashboard.request_guard import Doorkeeper
from presso.dashboard.routes import ControlRoom, application
from presso.errors import UsageError
from presso.web_server import WebServer, listening_socket
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def raw(port: int, request: bytes) -> bytes:
    """The status line of the answer to a request, as it is."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


def test_requests_that_no_browser_sends_get_nothing(tmp_path: Path) -> None:
    room = ControlRoom(Workspace(tmp_path, tmp_path / ".presso"))
    place = listening_socket("127.0.0.1", 0)
    port = place.getsockname()[1]
    keeper = Doorkeeper("127.0.0.1", port)
    cookie = f"Cookie: {keeper.cookie}={keeper.session}\r\n".encode()
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    with place, WebServer(application(room, keeper), place) as server:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", keeper.link.partition(str(port))[2])
        assert connection.getresponse().status == 303
        for line in (
            b"GET /assets/../../../../etc/passwd",
            b"GET //etc/passwd",
            b"GET http://evil.example/",
            b"DELETE /",
            b"POST /",
        ):
            answer = raw(port, line + b" HTTP/1.1\r\n" + host + cookie + b"Content-Length: 0\r\n\r\n")
            assert answer.split()[1] in (b"403", b"404", b"400"), line
        assert b" 403 " in raw(port, b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + cookie + b"\r\n")
        assert b" 200 " in raw(port, b"GET / HTTP/1.1\r\n" + host + cookie + b"\r\n")
        upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        assert b" 403 " in raw(port, b"GET /api/stream HTTP/1.1\r\n" + host + cookie + upgrade + key)
    server._thread.join(PATIENCE)
    assert not server._thread.is_alive()


def test_a_port_that_is_taken_is_named() -> None:
    with listening_socket("127.0.0.1", 0) as place:
        port = place.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 cannot be used"):
            listening_socket("127.0.0.1", port)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("0.0.0.0", "means all addresses"),
        ("::", "means all addresses"),
        ("bar.example", "is not an address"),
        ("fe80::1%lo", "cannot be opened by every browser"),
        ("::ffff:127.0.0.1", "cannot be opened by every browser"),
    ],
)
def test_an_address_is_one_of_this_machine(tmp_path: Path, address: str, message: str) -> None:
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    arguments: dict[str, Any] = {"actions": False, "started": lambda link: None}
    with pytest.raises(UsageError, match=message):
        control_room.serve_until_stopped(workspace, address, 0, **arguments)


def test_the_link_has_the_address_as_browsers_write_it() -> None:
    assert control_room._checked("0:0:0:0:0:0:0:1") == "::1"
    assert control_room._checked("2001:DB8::7") == "2001:db8::7"


@pytest.mark.slow
def test_ctrl_c_ends_it_with_130_and_leaves_no_process(small: "Small") -> None:
    started = small.start("dashboard", "--port", "0")
    assert started.stdout
    link = started.stdout.readline().strip()
    port = int(link.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", f"/{link.rpartition('/')[2]}")
    cookie = str(connection.getresponse().getheader("set-cookie")).split(";")[0]
    connection.close()
    connection.request("GET", "/api/stream?tenant=nyc", headers={"Cookie": cookie})  # a page is open
    assert connection.getresponse().readline() == b"retry: 2000\n"
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=PATIENCE)
    assert (started.returncode, err.splitlines()[-1]) == (130, "Stopped.")
    assert "Traceback" not in err
    assert [line for line in command_lines() if str(small.workspace.root) in line] == []


def command_lines() -> Iterator[str]:
    """Those of all processes, where the system has /proc."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
