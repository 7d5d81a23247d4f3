"""The control socket, through which the starter of Terraform gets a provider endpoint from the server.

One JSON line each way on a Unix socket; the endpoint lives as long as that connection::

    {"provider": "aws", "cwd": "/…", "env": {"AWS_REGION": …}, "client_certificate": "", "once": false}
    {"network": "unix", "address": "/…/e12.sock", "certificate": ""}       or {"error": "…"}

``client_certificate`` (PEM) asks for mutual TLS, then ``certificate`` is the server's (base64 of DER, no
padding). ``once``: the endpoint ends with its first connection, as a plugin process would. What the server
then still sends are lines for Terraform's log, where ``TF_LOG`` asks for those of debugging.

This module needs only the standard library, because the launcher starts with nothing else.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path

KEPT = ("AWS_", "TF_AWS_", "TF_DATA_DIR", "TF_LOG", "HOME")
"""Starts of the names of those variables of the caller's environment that concern the provider."""

WHOLE = ("external",)
"""Providers that get the whole environment: they start programs of the caller's."""


class Unreachable(Exception):
    """The server is not available; the message states why and what to do."""


def connect(
    control: Path,
    provider: str,
    cwd: Path,
    env: Mapping[str, str],
    *,
    client_certificate: str = "",
    once: bool = False,
) -> tuple[socket.socket, dict[str, str]]:
    """Ask the server for an endpoint; returns the connection to hold open, and the answer.

    Raises:
        Unreachable: Nothing answers on the socket, or the server refuses.
    """
    kept = "" if provider in WHOLE else KEPT
    request = {
        "provider": provider,
        "cwd": str(cwd),
        "env": {name: text for name, text in env.items() if name.startswith(kept)},
        "client_certificate": client_certificate,
        "once": once,
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(control))
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(_line(connection))
    except (OSError, ValueError) as error:
        connection.close()
        raise Unreachable(
            f"the offline AWS provider's server does not answer on {control} "
            f"({error.strerror if isinstance(error, OSError) else 'it closed the connection'}): "
            "start it again with `presso up`"
        ) from error
    if "error" in answer:
        connection.close()
        raise Unreachable(str(answer["error"]))
    return connection, answer


def _line(connection: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece:
            raise ValueError("closed")
        found += piece
    return found
