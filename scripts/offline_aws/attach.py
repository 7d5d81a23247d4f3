"""Attach a Terraform run to the server: no plugin process, no TLS, the fastest way."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from offline_aws import control as control_socket

PROVIDERS = {
    "aws": "registry.terraform.io/hashicorp/aws",
    "archive": "registry.terraform.io/hashicorp/archive",
}
_PROTOCOL = 5


@contextlib.contextmanager
def _stand_in() -> Iterator[int]:
    """Yield the pid of a process that does nothing, for as long as this is entered.

    Terraform looks every second whether the provider's process is alive, and cancels the calls that are
    under way when it is not. It also kills that process when the address is dead: so it is neither the
    server's nor anybody else's. It ends with this process, however that ends.
    """
    with subprocess.Popen(["/bin/sh", "-c", "read -r _"], stdin=subprocess.PIPE, process_group=0) as process:
        try:
            yield process.pid
        finally:
            process.kill()


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
        stand_in = held.enter_context(_stand_in())
        found = {}
        for name, address in PROVIDERS.items():
            connection, answer = control_socket.connect(control, name, cwd.absolute(), env)
            held.enter_context(connection)
            found[address] = {
                "Protocol": "grpc",
                "ProtocolVersion": _PROTOCOL,
                "Pid": stand_in,
                "Test": True,
                "Addr": {"Network": answer["network"], "String": answer["address"]},
            }
        yield json.dumps(found)
