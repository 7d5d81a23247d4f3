"""Connections of the emulator itself: to itself, and to the hosts that the user allows.

API destinations, connections' OAuth endpoints, subscriptions by HTTP and issuers of tokens are addresses that
an extension chooses. AWS calls them from its own network; here it would be the user's, with what listens on
loopback, in the local network, or at a cloud machine's metadata address.
"""

import socket
from collections.abc import Callable, Collection
from typing import Any

from presso.local_aws.addresses import ALLOWED_HOSTS, LOOPBACK
from presso.local_aws.emulator_patches.internals import Patches, log

PATCHES = Patches()
PATCHES.uses(socket, "create_connection")


class NotAllowed(OSError):
    """A connection to a host that the user does not allow."""


def apply(port: int, allowed: Collection[str]) -> None:
    """Refuse every other connection.

    Args:
        port: The emulator's own, on loopback.
        allowed: `HOST` or `HOST:PORT`, as a URL has it.
    """
    reachable = frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}", *allowed})
    socket.create_connection = _guarded(socket.create_connection, reachable)


def _guarded(connect: Callable[..., Any], reachable: frozenset[str]) -> Callable[..., Any]:
    """`socket.create_connection`, by which http.client and urllib connect, with redirects as well."""

    def create_connection(address: tuple[str, int], *arguments: Any, **named: Any) -> Any:
        host, port = address[0].lower(), address[1]
        if reachable.isdisjoint((host, f"{host}:{port}")):
            refusal = f"Connections to {host}:{port} are not allowed: name it in {ALLOWED_HOSTS}."
            log.warning(refusal)
            raise NotAllowed(refusal)
        return connect(address, *arguments, **named)

    return create_connection
