"""Attach a Terraform run to the server: no plugin process, no TLS, the fastest way."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from offline_aws import control as control_socket

PROVIDERS = {
    "aws": "registry.terraform.io/hashicorp/aws",
    "archive": "registry.terraform.io/hashicorp/archive",
}
_PROTOCOL = 5


@contextlib.contextmanager
def attached(control: Path, cwd: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Yield the value of ``TF_REATTACH_PROVIDERS`` for one or more Terraform processes.

    Args:
        control: The server's control socket.
        cwd: Their working folder, from which relative file names in the configuration are meant.
        env: Their environment.

    Raises:
        control.Unreachable: The server does not answer.
    """
    with contextlib.ExitStack() as held:
        found = {}
        for name, address in PROVIDERS.items():
            connection, answer = control_socket.connect(control, name, cwd.absolute(), env)
            held.enter_context(connection)
            found[address] = {
                "Protocol": "grpc",
                "ProtocolVersion": _PROTOCOL,
                "Pid": control_socket.pid_that_never_is(),
                "Test": True,
                "Addr": {"Network": answer["network"], "String": answer["address"]},
            }
        yield json.dumps(found)
