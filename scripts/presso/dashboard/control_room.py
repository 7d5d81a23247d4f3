"""`presso dashboard`: serves the page until Ctrl-C."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from presso import interruption
from presso.dashboard.request_guard import Doorkeeper
from presso.dashboard.routes import ControlRoom, application
from presso.errors import UsageError
from presso.web_server import WebServer, listening_socket
from presso.workspace import Workspace


def serve_until_stopped(
    workspace: Workspace, address: str, port: int, *, actions: bool, started: Callable[[str], None]
) -> None:
    """Serve the page until a signal.

    Args:
        workspace: The checkout.
        address: An address of this machine.
        port: 0 takes any that is free.
        actions: Whether the page may change something.
        started: Called with the link, once it can be opened.

    Raises:
        UsageError: The address or the port cannot be used.
        Stopped: After a signal.
    """
    address = _checked(address)
    with listening_socket(address, port) as place:
        doorkeeper = Doorkeeper(address, place.getsockname()[1])
        room = ControlRoom(workspace, actions)
        with (
            interruption.deferred(),
            WebServer(application(room, doorkeeper), place),
            room.following(),
        ):
            started(doorkeeper.link)
            while not interruption.wait(3600.0):
                pass


def _checked(address: str) -> str:
    """Return an address as browsers write it.

    Raises:
        UsageError: It is a name, means all addresses, or cannot be opened by a browser.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        raise UsageError(f"--host {address} is not an address, such as 127.0.0.1 or 192.0.2.7.") from None
    if known.is_unspecified:
        raise UsageError(
            f"--host {address} means all addresses of this machine.",
            hint="Name the one by which the page is opened: requests for other hosts are refused.",
        )
    if isinstance(known, ipaddress.IPv6Address) and (known.scope_id or known.ipv4_mapped):
        raise UsageError(f"--host {address} cannot be opened by every browser: name another address.")
    return str(known)
