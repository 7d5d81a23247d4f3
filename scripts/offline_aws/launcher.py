"""Terraform starts this as the provider: it requests an endpoint from the server and passes it to Terraform.

Run with ``python -I -S launcher.py PROVIDER CONTROL_FILE``: the standard library alone, about 15 ms. It lives
as long as Terraform wants the provider; then the server closes the endpoint, and it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

# -I leaves out the folder of this file, which is where its only companion is.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from offline_aws import control

_ASK_EVERY = 1.0
_PIECE = 65536


def main(provider: str, control_file: str) -> int:
    """Print the plugin handshake and wait; returns the exit code.

    Args:
        provider: ``aws`` or ``archive``.
        control_file: A file that holds the path of the server's control socket.
    """
    if "TF_PLUGIN_MAGIC_COOKIE" not in os.environ:
        print(
            "This is a Terraform provider. Terraform starts it; it is of no use by itself.", file=sys.stderr
        )
        return 1
    parent = os.getppid()
    # Ctrl-C goes to the whole process group; Terraform decides when its providers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        address = Path(control_file).read_text().strip()
        connection, answer = control.connect(
            Path(address),
            provider,
            Path.cwd(),
            os.environ,
            client_certificate=os.environ.get("PLUGIN_CLIENT_CERT", ""),
            once=True,
        )
    except (OSError, control.Unreachable) as error:
        # Terraform shows the user what comes instead of a handshake on stdout; stderr goes to its log.
        print(error, flush=True)
        print(error, file=sys.stderr)
        return 1
    handshake = ("1", "5", answer["network"], answer["address"], "grpc", answer["certificate"])
    print("|".join(handshake).rstrip("|"), flush=True)
    _wait(connection, parent)
    return 0


def _wait(connection: socket.socket, parent: int) -> None:
    """Wait as long as Terraform lives and the endpoint is there; what comes meanwhile is for its log."""
    connection.settimeout(_ASK_EVERY)
    while os.getppid() == parent:
        try:
            lines = connection.recv(_PIECE)
        except TimeoutError:
            continue
        if not lines:
            break
        sys.stderr.buffer.write(lines)
        sys.stderr.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
