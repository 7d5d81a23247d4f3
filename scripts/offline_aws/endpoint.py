"""A provider endpoint: a Unix socket on which Terraform speaks gRPC, with a `Provider` per connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from functools import partial
from pathlib import Path
from typing import Any

import h2.config
from grpclib.config import Configuration as GrpcConfiguration
from grpclib.const import Cardinality, Status
from grpclib.const import Handler as Method
from grpclib.encoding.base import CodecBase
from grpclib.events import _DispatchServerEvents
from grpclib.exceptions import GRPCError
from grpclib.protocol import H2Protocol
from grpclib.server import Handler, Stream

from offline_aws import protocol, schema
from offline_aws.configuration import Caller
from offline_aws.provider import BLOCKING, Provider

_SHUTDOWN = "/plugin.GRPCController/Shutdown"


class _Codec(CodecBase):
    """Protobuf, but for what is encoded already."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        return message if isinstance(message, bytes) else bytes(message.SerializeToString())

    def decode(self, data: bytes, message_type: Any) -> Any:
        return message_type.FromString(data)


class _Methods(dict[str, Method]):
    """The methods there are; any other is answered with "unimplemented".

    Terraform asks for methods of newer protocols and takes that for an answer; but grpclib's own answer
    has no content type, which newer Terraforms (1.15) take for a fault.
    """

    def get(self, name: str, default: Any = None) -> Method:
        empty = protocol.message_class("Empty")
        return super().get(name) or Method(_refuse, Cardinality.UNARY_UNARY, empty, empty)


async def _refuse(stream: Stream[Any, Any]) -> None:
    await stream.recv_message()
    raise GRPCError(Status.UNIMPLEMENTED, "not known to the offline provider")


class _Connection(Handler):
    """grpclib's handler of one connection, with the provider that was configured on it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.provider = endpoint.provider(endpoint.schema, endpoint.caller)
        methods = {
            f"/{protocol.PACKAGE}.Provider/{name}": Method(
                partial(self._answer, name),
                Cardinality.UNARY_UNARY,
                protocol.message_class(f"{name}Request"),
                protocol.message_class(f"{name}Response"),
            )
            for name in protocol.METHODS
        }
        empty = protocol.message_class("Empty")
        methods[_SHUTDOWN] = Method(self._shutdown, Cardinality.UNARY_UNARY, empty, empty)
        super().__init__(_Methods(methods), _Codec(), None, _DispatchServerEvents())

    async def _answer(self, name: str, stream: Stream[Any, Any]) -> None:
        request = await stream.recv_message()
        if name in BLOCKING:
            call = asyncio.ensure_future(asyncio.to_thread(self.provider.answer, name, request))
            self.endpoint.calls.add(call)
            call.add_done_callback(self.endpoint.calls.discard)
            # A thread cannot be cancelled: when Terraform hangs up, what was begun is finished.
            answer = await asyncio.shield(call)
        else:
            answer = self.provider.answer(name, request)
        await stream.send_message(answer)

    async def _shutdown(self, stream: Stream[Any, Any]) -> None:
        await stream.recv_message()
        await stream.send_message(protocol.message("Empty"))

    def close(self) -> None:
        """Called by grpclib when the connection is lost."""
        self.provider.stopping.set()
        super().close()
        self.endpoint.left(self)


class Endpoint:
    """An async context: inside it, the socket accepts.

    Args:
        request: As ``control`` describes it.
        address: The socket to listen on.
        provider: What answers: the provider, or its mode without AWS.

    Raises:
        KeyError: There is no such provider, or the request is incomplete.
    """

    def __init__(self, request: dict[str, Any], address: Path, provider: type[Provider] = Provider) -> None:
        if request["provider"] not in schema.VERSIONS:
            raise KeyError(f"no provider {request['provider']}")
        self.address = address
        self.provider = provider
        self.schema = schema.load(request["provider"])
        self.caller = Caller(Path(request["cwd"]), dict(request["env"]))
        self.calls: set[asyncio.Future[Any]] = set()
        self.over = asyncio.Event()
        self._once = bool(request.get("once"))
        self._connections: dict[_Connection, H2Protocol] = {}
        self._server: asyncio.AbstractServer | None = None
        self.certificate, self._tls = "", None
        if request.get("client_certificate"):
            from offline_aws import certificates

            der, self._tls = certificates.mutual(request["client_certificate"])
            self.certificate = base64.b64encode(der).decode().rstrip("=")

    async def __aenter__(self) -> Endpoint:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connected, str(self.address), ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.stop()
        for wire in list(self._connections.values()):
            if hasattr(wire, "connection"):
                wire.connection.close()
        with contextlib.suppress(FileNotFoundError):
            self.address.unlink()

    def stop(self) -> None:
        """Request running operations to end."""
        for connection in self._connections:
            connection.provider.stopping.set()

    def left(self, connection: _Connection) -> None:
        """A connection was lost."""
        self._connections.pop(connection, None)
        if self._once:
            self.over.set()

    def _connected(self) -> H2Protocol:
        connection = _Connection(self)
        settings = h2.config.H2Configuration(
            client_side=False,
            header_encoding="ascii",
            validate_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_inbound_headers=False,
            normalize_outbound_headers=False,
        )
        wire = H2Protocol(connection, GrpcConfiguration().__for_server__(), settings)
        self._connections[connection] = wire
        return wire
