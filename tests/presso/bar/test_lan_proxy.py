"""The proxy that serves one bar to the local network: what it hands on, and that nothing else passes."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from hpack import Decoder
from tests.patience import PATIENCE
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Message,
    RejectConnection,
    Request,
    TextMessage,
)

from presso.bar import lan_proxy
from presso.bar.lan_proxy import Served, serving
from presso.bar.owned_bar import Links, OwnedBar
from presso.errors import UsageError
from presso.presenters import bar as shown

API, LIVE = "/_aws/execute-api/a1b2c3/$default", "/_aws/execute-api/d4e5f6/bar"
ROUTES = ("GET /", "GET /config", "GET /assets/{file}", "PUT /orders/{id}", "GET /orders/{id}/journey")
TICKET = "x" * 32
CLIENT = "client1"
COGNITO = "AWSCognitoIdentityProviderService"


class Emulator:
    """A substitute for the local AWS: it keeps each request, and echoes texts of WebSockets."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.place = "{}:{}".format(*self.server.server_address)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        kept = self.requests

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept.append({"line": self.requestline, "headers": headers, "body": body})
                self.close_connection = True
                if headers.get("upgrade") == "websocket":
                    echo(self.connection, headers)
                else:
                    self.wfile.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: emulator\r\nETag: x\r\n"
                        b"Content-Length: 2\r\n\r\nhi"
                    )

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def echo(connection: socket.socket, headers: dict[str, str]) -> None:
    """Accept a WebSocket and send each of its texts back, until it ends."""
    protocol = WSConnection(ConnectionType.SERVER)
    protocol.initiate_upgrade_connection(
        [(name.encode(), value.encode()) for name, value in headers.items()], LIVE
    )
    connection.sendall(protocol.send(AcceptConnection()))
    while True:
        protocol.receive_data(connection.recv(65536) or None)
        for event in protocol.events():
            if isinstance(event, CloseConnection):
                return
            if isinstance(event, Message):
                connection.sendall(protocol.send(TextMessage(data=event.data)))


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """A substitute for the local AWS."""
    made = Emulator()
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(emulator: Emulator) -> Iterator[str]:
    """Host and port of a proxy."""
    with serving(Served(emulator.place, API, ROUTES, LIVE, CLIENT), "127.0.0.1") as url:
        yield url.removeprefix("http://")


@pytest.fixture
def kept(emulator: Emulator) -> list[dict[str, Any]]:
    """The requests that come through."""
    emulator.requests.clear()
    return emulator.requests


def answer(address: str, text: str | bytes) -> bytes:
    """Send the bytes of a request on a connection of its own; the answer, to its end."""
    host, port = address.split(":")
    raw = text.encode("latin-1") if isinstance(text, str) else text
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while received := connection.recv(65536):
                found += received
        except ConnectionResetError:
            pass  # it hangs up on what is not HTTP
        return found


def request(address: str, line: str, body: str = "", **headers: str) -> str:
    """A request with the right name of the proxy."""
    named = {"Host": address, "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if body:
        named["Content-Length"] = str(len(body))
    return f"{line} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in named.items()) + f"\r\n{body}"


def status(found: bytes) -> int:
    return int(found.split(b" ", 2)[1]) if found else 0


def test_a_request_of_a_page_is_written_anew(address: str, kept: list[dict[str, Any]]) -> None:
    asked = request(
        address,
        f"PUT {API}/orders/3f2504e0-4f89?action=make&Action=CreateUser&state=a%20b",
        '{"drink": "x"}',
        Authorization="Bearer t",
        X_Amz_Target="DynamoDB_20120810.Scan",
        X_Forwarded_Host="elsewhere",
        Idempotency_Key="k",
    )
    found = answer(address, asked)
    assert (status(found), found.endswith(b"hi"), b"etag: x" in found.lower()) == (200, True, True)
    assert b"emulator" not in found
    ((one),) = kept
    assert one["line"] == f"PUT {API}/orders/3f2504e0-4f89?action=make&state=a+b HTTP/1.1"
    assert one["body"] == b'{"drink": "x"}'
    assert one["headers"].keys() == {
        *("host", "accept-encoding", "authorization", "content-length", "idempotency-key"),
    }
    assert one["headers"]["host"] != address


@pytest.mark.parametrize("path", ["/", "/config", "/assets/guest-x_1.js", "/orders/a/journey"])
def test_pages_and_the_paths_of_the_api_are_reached(
    address: str, kept: list[dict[str, Any]], path: str
) -> None:
    assert status(answer(address, request(address, f"GET {API}{path}"))) == 200
    assert [one["line"] for one in kept] == [f"GET {API}{path} HTTP/1.1"]


@pytest.mark.parametrize(
    "line",
    [
        "GET /",
        "GET /_ministack/health",
        "POST /_ministack/reset",
        "GET /_localstack/health",
        "PUT /bucket/key",
        "GET /2015-03-31/functions/",
        "POST /?Action=ListUsers",
        "GET /_aws/execute-api/a1b2c4/$default/config",
        "GET /_aws/execute-api/a1b2c3/other/config",
        "GET /_aws/execute-api/a1b2c3/$default",
        "GET /restapis/a1b2c3/$default/_user_request_/config",
        "GET /_aws/lambda-url/a1b2c3/",
        f"GET {API}/other",
        f"DELETE {API}/config",
        f"HEAD {API}/config",
        f"OPTIONS {API}/config",
        f"GET {API}/config/",
        f"GET {API}//config",
        f"GET /{API}/config",
        f"GET {API}/../../../../_ministack/health",
        f"GET {API}/assets/..",
        f"GET {API}/assets/.",
        f"GET {API}/orders/../journey",
        f"GET {API}/assets/..%2f..%2f_ministack%2fhealth",
        f"GET {API}/%2e%2e/config",
        f"GET {API}/assets/a%2Fb",
        f"GET {API}/assets/a%00",
        f"GET {API}/assets/a;b",
        f"GET {API}/assets/a\\..\\b",
        f"GET {API}/assets/\xe9",
        f"GET {API}/config#x",
        f"GET {LIVE}",
        f"POST {LIVE}/@connections/abc",
        f"GET {API}\t/config",
    ],
)
def test_nothing_else_of_the_local_aws_is_reached(
    address: str, kept: list[dict[str, Any]], line: str
) -> None:
    assert status(answer(address, request(address, line))) in (400, 404)
    assert kept == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "an absolute address of the bar's",
            "GET http://{host}{api}/config HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ),
        ("of another", "GET http://169.254.169.254/latest HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ("of the emulator's", "GET http://{host}/_ministack/health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ("a tunnel", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n"),
        ("all of the server", "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ("another name", "GET {api}/config HTTP/1.1\r\nHost: rebound.example\r\n\r\n"),
        ("the name of an API", "GET /config HTTP/1.1\r\nHost: a1b2c3.execute-api.localhost\r\n\r\n"),
        ("two names", "GET {api}/config HTTP/1.1\r\nHost: {host}\r\nHost: x\r\n\r\n"),
        ("two of the same", "GET {api}/config HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
        ("no name", "GET {api}/config HTTP/1.0\r\n\r\n"),
        ("no version", "GET {api}/config\r\n\r\n"),
        ("a longer header than allowed", "GET {api}/config HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n"),
        ("a longer path than allowed", "GET {api}/assets/{long} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ("a folded header", "GET {api}/config HTTP/1.1\r\nHost: x\r\n {host}\r\n\r\n"),
        (
            "two lengths",
            "PUT {api}/orders/a HTTP/1.1\r\nHost: {host}\r\n"
            "Content-Length: 2\r\nContent-Length: 50\r\n\r\n{{}}",
        ),
        (
            "another coding",
            "PUT {api}/orders/a HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n",
        ),
        ("HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00"),
    ],
)
def test_a_request_that_is_not_the_proxys_own_is_refused(
    address: str, kept: list[dict[str, Any]], name: str, text: str
) -> None:
    sent = text.format(api=API, host=address, long="x" * 100_000)
    found = answer(address, sent.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1))
    assert not found.startswith((b"HTTP/1.1 2", b"HTTP/1.1 101")), name
    assert kept == []


def test_a_body_that_hides_a_request_is_one_body(address: str, kept: list[dict[str, Any]]) -> None:
    hidden = f"GET /_ministack/health HTTP/1.1\r\nHost: {address}\r\n\r\n"
    chunked = f"{len(hidden):x}\r\n{hidden}\r\n0\r\n\r\n"
    text = f"PUT {API}/orders/a HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n"
    answer(address, f"{text}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{chunked}")
    assert [one["line"] for one in kept if "health" in one["line"]] == []
    kept.clear()
    assert status(answer(address, f"{text}Transfer-Encoding: chunked\r\n\r\n{chunked}")) == 200
    assert [(one["line"], one["body"]) for one in kept] == [(f"PUT {API}/orders/a HTTP/1.1", hidden.encode())]
    kept.clear()
    assert status(answer(address, request(address, f"PUT {API}/orders/a", "x" * 65_537))) == 413
    assert kept == []


SIGN_UP = {"ClientId": CLIENT, "Username": "u", "Password": "p"}
PARAMETERS = {"USERNAME": "u", "PASSWORD": "p"}
SIGN_IN = {"ClientId": CLIENT, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": PARAMETERS}


@pytest.mark.parametrize(
    ("target", "body", "taken"),
    [
        (f"{COGNITO}.SignUp", SIGN_UP, True),
        (f"{COGNITO}.InitiateAuth", SIGN_IN, True),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "AuthFlow": "REFRESH_TOKEN_AUTH"}, True),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "AuthFlow": "CUSTOM_AUTH"}, False),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "ClientMetadata": {}}, False),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "AuthParameters": [1]}, False),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "AuthParameters": 1}, False),
        (f"{COGNITO}.InitiateAuth", {**SIGN_IN, "AuthParameters": {"USERNAME": {}}}, False),
        (f"{COGNITO}.SignUp", {**SIGN_UP, "ClientId": "another bar's"}, False),
        (f"{COGNITO}.SignUp", {**SIGN_UP, "UserAttributes": []}, False),
        (f"{COGNITO}.SignUp", [], False),
        (f"{COGNITO}.AdminCreateUser", SIGN_UP, False),
        (f"{COGNITO}.ListUserPools", {"MaxResults": 1}, False),
        (f"{COGNITO}.AdminAddUserToGroup", {**SIGN_UP, "GroupName": "admin"}, False),
        ("DynamoDB_20120810.Scan", SIGN_UP, False),
        ("", SIGN_UP, False),
    ],
)
def test_users_of_this_bar_sign_up_and_in_and_nothing_else_is_asked_of_cognito(
    address: str, kept: list[dict[str, Any]], target: str, body: Any, taken: bool
) -> None:
    text = json.dumps(body)
    found = answer(address, request(address, "POST /", text, X_Amz_Target=target, X_Other="x"))
    assert (status(found) == 200) is taken
    assert [(one["headers"]["x-amz-target"], json.loads(one["body"])) for one in kept] == (
        [(target, body)] if taken else []
    )


def connected(address: str, target: str, **headers: str) -> tuple[socket.socket, WSConnection, Any]:
    """Ask for a WebSocket; the first event of the answer."""
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
    protocol = WSConnection(ConnectionType.CLIENT)
    named = [(name.encode(), value.encode()) for name, value in headers.items() if name != "host"]
    asked = Request(host=headers.get("host", address), target=target, extra_headers=named)
    connection.sendall(protocol.send(asked))
    return connection, protocol, following(connection, protocol)


def following(connection: socket.socket, protocol: WSConnection) -> Any:
    while True:
        for event in protocol.events():
            return event
        protocol.receive_data(connection.recv(65536) or None)


def test_a_pages_websocket_is_connected_with_the_bars(address: str, kept: list[dict[str, Any]]) -> None:
    origin = {"origin": f"http://{address}", "x-amz-target": "x"}
    connection, protocol, first = connected(address, f"{LIVE}?ticket={TICKET}", **origin)
    with connection:
        assert isinstance(first, AcceptConnection)
        for text in ("one", "ü" * 40_000):
            connection.sendall(protocol.send(TextMessage(data=text)))
            heard = ""
            while heard != text:
                event = following(connection, protocol)
                assert isinstance(event, TextMessage)
                heard += event.data
        connection.sendall(protocol.send(CloseConnection(code=1000)))
        assert isinstance(following(connection, protocol), CloseConnection)
    ((one),) = kept
    assert one["line"] == f"GET {LIVE}?ticket={TICKET} HTTP/1.1"
    assert not {"x-amz-target", "origin"} & one["headers"].keys()


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (LIVE, {}),
        (f"{LIVE}?ticket=short", {}),
        (f"{LIVE}?ticket={TICKET}&X-Amz-Credential=1", {}),
        (f"{LIVE}/?ticket={TICKET}", {}),
        (f"{LIVE}/..?ticket={TICKET}", {}),
        (f"/_aws/execute-api/a1b2c3/bar?ticket={TICKET}", {}),
        (f"{API}/config?ticket={TICKET}", {}),
        (f"{LIVE}?ticket={TICKET}", {"host": "rebound.example"}),
        (f"{LIVE}?ticket={TICKET}", {"host": "d4e5f6.execute-api.localhost"}),
        (f"{LIVE}?ticket={TICKET}", {"origin": "http://elsewhere.example"}),
        (f"{LIVE}?ticket={TICKET}", {"origin": "null"}),
    ],
)
def test_no_other_websocket_is_connected(
    address: str, kept: list[dict[str, Any]], target: str, headers: dict[str, str]
) -> None:
    connection, _, first = connected(address, target, **headers)
    connection.close()
    assert isinstance(first, RejectConnection)
    assert kept == []


def test_what_does_not_upgrade_to_a_websocket_reaches_nothing(
    address: str, kept: list[dict[str, Any]]
) -> None:
    other = request(address, f"GET {LIVE}?ticket={TICKET}", Upgrade="other")
    assert status(answer(address, other.replace("close", "Upgrade, close"))) == 404
    # The server also speaks HTTP/2, to the same application.
    settings = "AAMAAABkAAQAoAAAAAIAAAAA"
    text = request(address, "GET /_ministack/health", Upgrade="h2c", HTTP2_Settings=settings)
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(text.replace("close", "Upgrade, HTTP2-Settings").encode())
        answers = connection.makefile("rb")
        while answers.readline() != b"\r\n":
            pass
        kind = -1
        while kind != 1:  # a frame of headers
            size, kind = struct.unpack(">IBxxxx", b"\0" + answers.read(8))[0:2]
            answers.read(1)
            payload = answers.read(size)
    assert Decoder().decode(payload)[0] == (":status", "404")
    assert kept == []


def test_where_the_local_aws_is_gone_the_answer_is_a_bad_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = "{}:{}".format(*free.getsockname())
    with serving(Served(place, API, ROUTES, LIVE, CLIENT), "127.0.0.1") as url:
        host = url.removeprefix("http://")
        assert status(answer(host, request(host, f"GET {API}/config"))) == 502
        connection, _, first = connected(host, f"{LIVE}?ticket={TICKET}")
        connection.close()
        assert isinstance(first, RejectConnection)
    with pytest.raises(ConnectionRefusedError):
        answer(host, "")


@pytest.mark.parametrize("given", ["0.0.0.0", "::", "203.0.113.7", "localhost", "1"])
def test_an_address_that_this_machine_does_not_have_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match=f"^{given} cannot be used: "):
        lan_proxy.address(given)


def test_what_the_proxy_hands_on_is_what_the_apis_document_names(checkout: Path) -> None:
    document = json.loads((checkout / "modules/core/functions/openapi.json").read_text())
    named = document["components"]["parameters"].values()
    assert {each["name"] for each in named if each["in"] == "query"} == lan_proxy.QUERY
    assert {each["name"].lower() for each in named if each["in"] == "header"} <= lan_proxy.HEADERS


def test_the_links_for_the_local_network_are_the_proxys_while_it_serves(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api = f"http://{emulator.place}{API}"
    bar = SimpleNamespace(
        links=Links(api, "pool", CLIENT, {"guest": f"{api}/"}),
        ask=lambda *_: {"last_code": "6K5K8Z", "availableTokens": 9, "end_ts": 0},
    )
    monkeypatch.setattr(OwnedBar, "of", lambda *_: bar)
    served = Served(emulator.place, API, ROUTES, LIVE, CLIENT)
    monkeypatch.setattr(Served, "of", lambda _: served)
    stops = iter([False, True])
    monkeypatch.setattr("presso.interruption.requested", lambda: next(stops))
    monkeypatch.setattr("presso.interruption.wait", lambda _: None)
    shown.links(None, "nyc", lan="127.0.0.1", json_wanted=True)  # type: ignore[arg-type]
    found = capsys.readouterr()
    links = json.loads(found.out)
    assert links["pages"] == {"guest": f"{links['api']}/"}
    assert not links["api"].startswith(f"http://{emulator.place}")
    assert f"{links['api']}/#6K5K8Z" in found.err
