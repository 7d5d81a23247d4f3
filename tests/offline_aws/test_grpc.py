"""gRPC over HTTP/2, spoken by another implementation of HTTP/2 (h2), byte by byte where that matters."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from offline_aws.grpc import Answer, GrpcConnection

HEADERS = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/tfplugin5.Provider/GetSchema"),
    (":authority", "localhost"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]
PING = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Wire(asyncio.Transport):
    """Holds what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written += data

    def close(self) -> None:
        self.closed = True


class Client:
    """Calls the connection, with `windows` of this size for all that it is answered.

    Attributes:
        said: The data of each answer, by its stream.
        headers: Its headers and trailers.
    """

    def __init__(self, answer: Callable[[str, bytes], Answer], window: int = 65535) -> None:
        self.lost = 0
        self.served = GrpcConnection(answer, self.count)
        self.wire = Wire()
        self.served.connection_made(self.wire)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.local_settings = h2.settings.Settings(
            client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
        )
        self.h2.initiate_connection()
        self.said: dict[int, bytes] = {}
        self.headers: dict[int, list[dict[str, str]]] = {}
        self.events: list[h2.events.Event] = []

    def count(self) -> None:
        self.lost += 1

    def ask(self, message: bytes, path: str = HEADERS[2][1], prefix: bytes | None = None) -> int:
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [*HEADERS[:2], (":path", path), *HEADERS[3:]])
        body = (struct.pack(">BI", 0, len(message)) if prefix is None else prefix) + message
        for begin in range(0, len(body), 16000):
            self.h2.send_data(stream, body[begin : begin + 16000])
        self.h2.end_stream(stream)
        return stream

    def exchange(self, *, at_once: int | None = None, credit: bool = True) -> None:
        """Hand each side what the other has written, in parts of `at_once` bytes, until both are done."""
        while True:
            sent = self.h2.data_to_send()
            size = at_once or len(sent) or 1
            for begin in range(0, len(sent), size):
                self.served.data_received(sent[begin : begin + size])
            if not self.wire.written and not sent:
                return
            for event in self.h2.receive_data(bytes(self.wire.written)):
                self.events.append(event)
                self._note(event, credit)
            self.wire.written.clear()

    def _note(self, event: Any, credit: bool) -> None:
        if isinstance(event, h2.events.DataReceived):
            self.said[event.stream_id] = self.said.get(event.stream_id, b"") + event.data
            if credit:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
            self.headers.setdefault(event.stream_id, []).append(dict(event.headers))

    def message(self, stream: int) -> bytes:
        """The message of an answer, which must be whole."""
        compressed, length = struct.unpack(">BI", self.said[stream][:5])
        assert (compressed, length) == (0, len(self.said[stream]) - 5)
        return self.said[stream][5:]

    def status(self, stream: int) -> str:
        """The status of an answer, which must have a content type."""
        found = {name: value for part in self.headers[stream] for name, value in part.items()}
        assert (found[":status"], found["content-type"]) == ("200", "application/grpc")
        return found["grpc-status"]


def echo(path: str, message: bytes) -> Answer:
    return path.encode() + message


def test_a_call_is_answered_with_its_message_and_its_status() -> None:
    client = Client(echo)
    streams = [client.ask(b"%d" % number) for number in range(3)]
    client.exchange()
    assert [client.message(stream) for stream in streams] == [
        b"/tfplugin5.Provider/GetSchema%d" % number for number in range(3)
    ]
    assert {client.status(stream) for stream in streams} == {"0"}
    assert [len(client.headers[stream]) for stream in streams] == [2, 2, 2]


@pytest.mark.parametrize("messages", [[], [b"one"], [b"one", b"", b"three" * 9000]])
def test_a_stream_is_answered_with_all_its_messages(messages: list[bytes]) -> None:
    client = Client(lambda path, message: messages)
    stream = client.ask(b"")
    client.exchange()
    sent = b"".join(struct.pack(">BI", 0, len(each)) + each for each in messages)
    assert client.said.get(stream, b"") == sent
    assert client.status(stream) == "0"


@pytest.mark.parametrize("at_once", [1, 7, 9, 10])
def test_where_bytes_are_cut_makes_no_difference(at_once: int) -> None:
    client = Client(echo)
    client.exchange(at_once=at_once)
    streams = [client.ask(b"a" * 100), client.ask(b"", path="/other"), client.ask(b"b" * 20_000)]
    client.exchange(at_once=at_once)
    assert client.message(streams[0]).endswith(b"/GetSchema" + b"a" * 100)
    assert client.message(streams[1]) == b"/other"
    assert client.status(streams[2]) == "0"


def test_headers_that_only_refer_to_former_ones_name_their_own_method() -> None:
    client = Client(echo)
    found = []
    for path in ["/a", "/b", "/a", "/b", "/c" * 2000, "/a", "/b", "/a"]:
        stream = client.ask(b"", path)
        client.exchange()
        found.append(client.message(stream).decode())
    assert found == ["/a", "/b", "/a", "/b", "/c" * 2000, "/a", "/b", "/a"]


@pytest.mark.parametrize("window", [1, 1000, 65535, 10_000_000])
def test_an_answer_is_complete_however_little_the_peer_takes_at_once(window: int) -> None:
    large = bytes(range(256)) * (4 if window == 1 else 1000)
    client = Client(lambda path, message: large, window)
    client.exchange()
    first, second = client.ask(b""), client.ask(b"")
    client.exchange()
    assert client.message(first) == client.message(second) == large
    assert client.status(second) == "0"


def test_no_more_is_sent_than_the_peer_takes() -> None:
    client = Client(lambda path, message: b"x" * 100_000, 50_000)
    client.exchange()
    streams = [client.ask(b""), client.ask(b"")]
    client.exchange(credit=False)
    assert [len(client.said[stream]) for stream in streams] == [50_000, 15_535]
    assert all("grpc-status" not in part for parts in client.headers.values() for part in parts)


def test_a_large_request_needs_no_leave() -> None:
    client = Client(lambda path, message: b"%d" % len(message))
    client.exchange()
    stream = client.ask(b"x" * 5_000_000)
    client.exchange()
    assert client.message(stream) == b"5000000"


def test_padding_and_priorities_are_left_out() -> None:
    client = Client(echo)
    client.h2.send_headers(1, HEADERS, priority_weight=20, priority_depends_on=0, priority_exclusive=False)
    client.h2.send_data(1, b"\0\0\0\0\1x", end_stream=True, pad_length=30)
    client.exchange()
    assert client.message(1).endswith(b"/GetSchemax")


def test_a_method_that_is_not_there_is_unimplemented() -> None:
    client = Client(lambda path, message: None)
    stream = client.ask(b"")
    client.exchange()
    assert client.status(stream) == "12"


@pytest.mark.parametrize("prefix", [b"\1\0\0\0\3", b"\0\0\0\0\4", b"\0\0\0\0\2", b"\0\0"])
def test_a_message_that_is_compressed_or_not_whole_is_refused(prefix: bytes) -> None:
    client = Client(echo)
    stream = client.ask(b"abc", prefix=prefix)
    client.exchange()
    assert client.status(stream) == "13"
    stream = client.ask(b"")
    client.exchange()
    assert client.status(stream) == "0"


def test_what_fails_unexpectedly_is_refused_and_the_others_are_answered() -> None:
    client = Client(lambda path, message: bytes(1 // len(message)))
    streams = [client.ask(b""), client.ask(b"x")]
    client.exchange()
    assert [client.status(stream) for stream in streams] == ["13", "0"]


def test_a_ping_is_answered() -> None:
    client = Client(echo)
    client.h2.ping(b"12345678")
    client.exchange()
    (answered,) = [event for event in client.events if isinstance(event, h2.events.PingAckReceived)]
    assert answered.ping_data == b"12345678"


def promised() -> tuple[asyncio.AbstractEventLoop, list[asyncio.Future[bytes]], Client]:
    loop = asyncio.new_event_loop()
    promises: list[asyncio.Future[bytes]] = []

    def promise(path: str, message: bytes) -> Answer:
        promises.append(loop.create_future())
        return promises[-1]

    return loop, promises, Client(promise)


def test_promised_answers_come_in_their_own_order_and_only_to_who_still_waits() -> None:
    loop, promises, client = promised()
    streams = [client.ask(b"") for _ in range(4)]
    client.exchange()
    assert client.headers == {}
    client.h2.reset_stream(streams[1])
    client.exchange()
    for number in (3, 1, 0):
        promises[number].set_result(b"%d" % number)
    promises[2].set_exception(OSError("none"))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    client.exchange()
    assert (client.message(streams[3]), client.message(streams[0])) == (b"3", b"0")
    assert client.status(streams[2]) == "13"
    assert streams[1] not in client.headers


def test_a_lost_connection_is_announced_once_and_written_to_no_more() -> None:
    loop, promises, client = promised()
    client.ask(b"")
    client.exchange()
    client.served.close()
    client.served.connection_lost(None)
    promises[0].set_result(b"late")
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert (client.lost, client.wire.closed, bytes(client.wire.written)) == (1, True, b"")


@pytest.mark.parametrize(
    "sent",
    {
        "another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "too large a frame": PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
        "headers of no table": PREFACE + b"\x00\x00\x01\x01\x05\x00\x00\x00\x01\xff",
        "headers that another frame cuts": PREFACE
        + b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82"
        + PING
        + b"8" * 8,
        "headers that have not begun": PREFACE + b"\x00\x00\x01\x09\x04\x00\x00\x00\x01\x82",
        "no number": PREFACE + b"\x00\x00\x01\x08\x00\x00\x00\x00\x00\x01",
    }.items(),
    ids=lambda case: case[0],
)
def test_a_peer_that_speaks_otherwise_is_disconnected(sent: tuple[str, bytes]) -> None:
    client = Client(echo)
    client.wire.written.clear()
    client.served.data_received(sent[1])
    assert client.wire.closed
    assert client.wire.written[3] == 7  # GOAWAY


def test_headers_may_come_in_parts() -> None:
    client = Client(echo)
    client.ask(b"x")
    sent = bytearray(client.h2.data_to_send())
    at = len(PREFACE)
    while sent[at + 3] != 1:
        at += 9 + int.from_bytes(sent[at : at + 3], "big")
    length = int.from_bytes(sent[at : at + 3], "big")
    block = sent[at + 9 : at + 9 + length]
    parts = [b"\x00\x00\x05\x01\x00\x00\x00\x00\x01" + block[:5]]
    parts += [(length - 5).to_bytes(3, "big") + b"\x09\x04\x00\x00\x00\x01" + block[5:]]
    client.served.data_received(bytes(sent[:at] + b"".join(parts) + sent[at + 9 + length :]))
    client.exchange()
    assert client.message(1).endswith(b"/GetSchemax")
