"""A provider endpoint: a Unix socket on which Terraform speaks gRPC, with a `Provider` per connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_aws import protocol, schema
from offline_aws.configuration import Caller
from offline_aws.grpc import Answer, GrpcConnection, Messages
from offline_aws.provider import BLOCKING, Provider

_PROVIDER = f"/{protocol.PACKAGE}.Provider/"
_DEBUGGING = ("DEBUG", "TRACE", "JSON")
_SHUTDOWN = "/plugin.GRPCController/Shutdown"


class _Connection:
    """A connection and the provider that was configured on it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.provider = endpoint.provider(endpoint.schema, endpoint.caller)
        self.wire = GrpcConnection(self._answer, self._lost)

    def _answer(self, path: str, request: bytes) -> Answer:
        if path == _SHUTDOWN:
            return b""
        name = path.removeprefix(_PROVIDER)
        if name not in protocol.METHODS:  # Terraform asks for those of newer protocols
            return None
        message = protocol.message_class(f"{name}Request").FromString(request)
        if name not in BLOCKING:
            return self._encoded(name, message)
        # A thread cannot be cancelled: when Terraform hangs up, what was begun is finished.
        call = asyncio.ensure_future(asyncio.to_thread(self._encoded, name, message))
        self.endpoint.calls.add(call)
        call.add_done_callback(self.endpoint.calls.discard)
        return call

    def _encoded(self, name: str, message: Any) -> Messages:
        answer = self.provider.answer(name, message)
        if isinstance(answer, list):
            return [bytes(each.SerializeToString()) for each in answer]
        return answer if isinstance(answer, bytes) else bytes(answer.SerializeToString())

    def _lost(self) -> None:
        self.provider.stopping.set()
        self.endpoint.left(self)


class Endpoint:
    """An async context: inside it, the socket accepts.

    Args:
        request: As ``control`` describes it.
        address: The socket to listen on.
        provider: What answers: the provider, or its mode without AWS.
        log: Takes a line for Terraform's log.

    Raises:
        KeyError: There is no such provider, or the request is incomplete.
    """

    def __init__(
        self,
        request: dict[str, Any],
        address: Path,
        provider: type[Provider] = Provider,
        log: Callable[[str], None] | None = None,
    ) -> None:
        if request["provider"] not in provider.serves:
            raise KeyError(f"no provider {request['provider']}")
        self.address = address
        self.provider = provider
        self.schema = schema.load(request["provider"])
        env = dict(request["env"])
        level = (env.get("TF_LOG_PROVIDER") or env.get("TF_LOG") or "").upper()
        logs = request.get("once") and level in _DEBUGGING
        self.caller = Caller(Path(request["cwd"]), env, log if logs else None)
        self.calls: set[asyncio.Future[Any]] = set()
        self.over = asyncio.Event()
        self._once = bool(request.get("once"))
        self._connections: set[_Connection] = set()
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
        for connection in list(self._connections):
            connection.wire.close()
        with contextlib.suppress(FileNotFoundError):
            self.address.unlink()

    def stop(self) -> None:
        """Request running operations to end."""
        for connection in self._connections:
            connection.provider.stopping.set()

    def left(self, connection: _Connection) -> None:
        """A connection was lost."""
        self._connections.discard(connection)
        if self._once:
            self.over.set()

    def _connected(self) -> GrpcConnection:
        connection = _Connection(self)
        self._connections.add(connection)
        return connection.wire
