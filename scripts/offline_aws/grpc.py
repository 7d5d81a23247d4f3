"""gRPC as Terraform speaks it to a provider: calls of one message, over one HTTP/2 connection.

Sources: RFC 9113 (HTTP/2; sections in the comments), RFC 7541 (its headers), and "gRPC over HTTP2"
(PROTOCOL-HTTP2.md in grpc/grpc). General libraries for both took four fifths of the time of a plan here.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import hpack

Messages = bytes | list[bytes]
Answer = Messages | asyncio.Future[Messages] | None
"""A message or all of a stream, the promise of them, or None for a method that is not there."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = (
    0,
    1,
    3,
    4,
    6,
    7,
    8,
    9,
)
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_INITIAL_WINDOW_SIZE, _MAX_FRAME_SIZE = 4, 5
_HEADER = struct.Struct(">BHBBI")  # of a frame: length in 24 bits, type, flags, stream
_PREFIX = struct.Struct(">BI")  # of a message: whether it is compressed, length
_USUAL_WINDOW = 65535
_LARGEST_WINDOW = 2**31 - 1
_LARGEST_FRAME = 16384  # that may be sent to us, and at first by us
_LONGEST_HEADERS = 64 * 1024
_UNIMPLEMENTED, _INTERNAL = 12, 13

log = logging.getLogger("offline_aws")


def _text(text: bytes) -> bytes:
    return bytes([len(text)]) + text  # RFC 7541, 5.2: not compressed, of less than 127 bytes


def _new(name: bytes, value: bytes) -> bytes:
    return b"\x00" + _text(name) + _text(value)  # RFC 7541, 6.2.2: noted in no table


# 0x88 is ":status: 200", 31 "content-type" in the static table (RFC 7541, A).
_BEGIN = b"\x88\x0f\x10" + _text(b"application/grpc")
_OK = _new(b"grpc-status", b"0")


class _Fault(Exception):
    """The peer does not speak HTTP/2 as it should: its connection is closed."""


@dataclass(slots=True)
class _Call:
    """A stream.

    Args:
        window: How much the peer takes on it.
        path: The method.
        received: The request's message with its prefix.
        unsent: What is left of the answer.
    """

    window: int
    path: str = ""
    received: bytearray = field(default_factory=bytearray)
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))


class GrpcConnection(asyncio.Protocol):
    """One connection.

    Args:
        answer: Answers a call: the path of its method, its message. Raises nothing that is expected.
        lost: Called when the connection is lost.
    """

    def __init__(self, answer: Callable[[str, bytes], Answer], lost: Callable[[], None]) -> None:
        self._answer = answer
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._headers = hpack.Decoder()
        self._paths: dict[bytes, str] = {}
        self._begun: tuple[int, int, bytes] | None = None  # stream, flags and part of headers that go on
        self._calls: dict[int, _Call] = {}
        self._preface = False
        self._window = self._call_window = _USUAL_WINDOW
        self._frame_size = _LARGEST_FRAME
        self._taken = 0
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            _DATA: self._data,
            _HEADERS: self._headers_of,
            _RST_STREAM: self._reset,
            _SETTINGS: self._settings,
            _PING: self._ping,
            _WINDOW_UPDATE: self._window_update,
            _CONTINUATION: self._continuation,
        }

    def close(self) -> None:
        """Close it, after what is sent already."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Allow as much at once as HTTP/2 can."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._frame(_SETTINGS, 0, 0, struct.pack(">HI", _INITIAL_WINDOW_SIZE, _LARGEST_WINDOW))
        self._frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", _LARGEST_WINDOW - _USUAL_WINDOW))
        self._write()

    def connection_lost(self, fault: Exception | None) -> None:
        """Forget the calls: what is at work on one goes on, and its answer goes nowhere."""
        self._calls.clear()
        self._lost()

    def data_received(self, data: bytes) -> None:
        """Read the frames that are complete, and send the answers that are known at once."""
        self._buffer += data
        try:
            self._read()
        except (_Fault, hpack.HPACKError, struct.error, IndexError, UnicodeError) as fault:
            log.warning("a connection is closed: %r", fault)
            self._frame(_GOAWAY, 0, 0, struct.pack(">II", 0, 1))  # PROTOCOL_ERROR
            self._write()
            self.close()
        else:
            self._write()

    def _read(self) -> None:
        buffer, at = self._buffer, 0
        if not self._preface:
            if len(buffer) < len(_PREFACE):
                return
            if buffer[: len(_PREFACE)] != _PREFACE:
                raise _Fault("no preface")
            self._preface, at = True, len(_PREFACE)
        while len(buffer) - at >= _HEADER.size:
            high, low, kind, flags, stream = _HEADER.unpack_from(buffer, at)
            length = high << 16 | low
            if length > _LARGEST_FRAME:
                raise _Fault("too large a frame")
            begin = at + _HEADER.size
            if len(buffer) - begin < length:
                break
            at = begin + length
            handler = self._handlers.get(kind)
            if self._begun and kind != _CONTINUATION:
                raise _Fault("headers that do not go on")
            if handler is not None:  # 4.1: others are to be ignored
                handler(stream & 0x7FFFFFFF, flags, bytes(buffer[begin:at]))
        del buffer[:at]

    def _headers_of(self, stream: int, flags: int, payload: bytes) -> None:
        payload = _unpadded(flags, payload)
        if flags & _PRIORITY:
            payload = payload[5:]
        self._begun = (stream, flags, b"")
        self._continuation(stream, flags, payload)

    def _continuation(self, stream: int, flags: int, payload: bytes) -> None:
        if self._begun is None or self._begun[0] != stream:
            raise _Fault("headers that have not begun")
        _, begun, block = self._begun
        block += payload
        if len(block) > _LONGEST_HEADERS:
            raise _Fault("too many headers")
        if not flags & _END_HEADERS:
            self._begun = (stream, begun, block)
            return
        self._begun = None
        path = self._path(block)
        if stream not in self._calls:  # otherwise these are trailers
            self._calls[stream] = _Call(self._call_window, path)
        if begun & _END_STREAM:
            self._complete(stream)

    def _path(self, block: bytes) -> str:
        """The method that headers name. Those that are all in the table already have been seen mostly."""
        if (path := self._paths.get(block)) is not None:
            return path
        found = dict(self._headers.decode(block, raw=True))
        path = found.get(b":path", b"").decode("ascii")
        if block and min(block) >= 0x80:  # RFC 7541, 6.1: none of them changes the table
            self._paths[block] = path
        else:
            self._paths.clear()
        return path

    def _data(self, stream: int, flags: int, payload: bytes) -> None:
        self._taken += len(payload)
        if self._taken > _LARGEST_WINDOW // 2:
            self._frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", self._taken))
            self._taken = 0
        if (call := self._calls.get(stream)) is None:  # reset
            return
        call.received += _unpadded(flags, payload)
        if flags & _END_STREAM:
            self._complete(stream)

    def _reset(self, stream: int, flags: int, payload: bytes) -> None:
        self._calls.pop(stream, None)

    def _settings(self, stream: int, flags: int, payload: bytes) -> None:
        if flags & _ACK:
            return
        for name, value in struct.iter_unpack(">HI", payload):
            if name == _INITIAL_WINDOW_SIZE:  # 6.9.2
                for call in self._calls.values():
                    call.window += value - self._call_window
                self._call_window = value
            elif name == _MAX_FRAME_SIZE:
                self._frame_size = value
        self._frame(_SETTINGS, _ACK, 0, b"")
        self._go_on()

    def _ping(self, stream: int, flags: int, payload: bytes) -> None:
        if not flags & _ACK:
            self._frame(_PING, _ACK, 0, payload)

    def _window_update(self, stream: int, flags: int, payload: bytes) -> None:
        more = struct.unpack(">I", payload)[0] & 0x7FFFFFFF
        if stream == 0:
            self._window += more
        elif (call := self._calls.get(stream)) is not None:
            call.window += more
        self._go_on()

    def _complete(self, stream: int) -> None:
        """Answer a call whose request is complete."""
        call = self._calls[stream]
        try:
            answer = self._answer(call.path, _message(call.received))
        except Exception as error:
            self._refuse(stream, _INTERNAL, error)
            return
        if answer is None:
            # Newer Terraforms (1.15) take an answer without a content type for a fault.
            self._end(stream, _BEGIN + _new(b"grpc-status", b"%d" % _UNIMPLEMENTED))
        elif isinstance(answer, bytes | list):
            self._send(stream, answer)
        else:
            answer.add_done_callback(partial(self._answered, stream))

    def _answered(self, stream: int, answer: asyncio.Future[Messages]) -> None:
        if stream not in self._calls:
            return
        if answer.cancelled() or answer.exception() is not None:
            self._refuse(stream, _INTERNAL, answer.cancelled() or answer.exception())
        else:
            self._send(stream, answer.result())
        self._write()

    def _refuse(self, stream: int, status: int, why: object) -> None:
        log.warning("%s is not answered: %r", self._calls[stream].path, why)
        self._end(stream, _BEGIN + _new(b"grpc-status", b"%d" % status))

    def _send(self, stream: int, answer: Messages) -> None:
        call = self._calls[stream]
        messages = [answer] if isinstance(answer, bytes) else answer
        call.unsent = memoryview(b"".join(_PREFIX.pack(0, len(each)) + each for each in messages))
        self._frame(_HEADERS, _END_HEADERS, stream, _BEGIN)
        self._send_more(stream, call)

    def _send_more(self, stream: int, call: _Call) -> None:
        """Send as much of an answer as the peer takes now, and with the last of it its end."""
        while call.unsent:
            size = min(len(call.unsent), self._frame_size, call.window, self._window)
            if size <= 0:
                return
            self._frame(_DATA, 0, stream, bytes(call.unsent[:size]))
            call.unsent = call.unsent[size:]
            call.window -= size
            self._window -= size
        self._end(stream, _OK)

    def _go_on(self) -> None:
        for stream, call in [each for each in self._calls.items() if each[1].unsent]:
            self._send_more(stream, call)

    def _end(self, stream: int, headers: bytes) -> None:
        self._frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, headers)
        del self._calls[stream]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        self._out += _HEADER.pack(len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream), payload

    def _write(self) -> None:
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()


def _unpadded(flags: int, payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def _message(received: bytearray) -> bytes:
    """The one message of a request.

    Raises:
        ValueError: It is compressed, or is not complete.
    """
    if not received:
        return b""
    compressed, length = _PREFIX.unpack_from(received)
    if compressed or len(received) != _PREFIX.size + length:
        raise ValueError("no message as it should be")
    return bytes(received[_PREFIX.size :])
