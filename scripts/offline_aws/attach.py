"""Attach a Terraform run to the server: no plugin process, no TLS, the fastest way."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from offline_aws import control as control_socket

PROVIDERS = {
    "aws": "registry.terraform.io/hashicorp/aws",
    "archive": "registry.terraform.io/hashicorp/archive",
}
_PROTOCOL = 5


class Reattach(str):
    """A value for ``TF_REATTACH_PROVIDERS``.

    Attributes:
        keep: File descriptors. A Terraform that inherits them keeps its providers when the process that
            attached it is killed: it can end what it began, and its state knows what there is.
    """

    keep: tuple[int, ...] = ()


@contextlib.contextmanager
def attached(
    control: Path, cwd: Path, env: Mapping[str, str], *, pid: int | None = None
) -> Iterator[Reattach]:
    """Yield the value of ``TF_REATTACH_PROVIDERS`` for one or more Terraform processes.

    Args:
        control: The server's control socket.
        cwd: Their working folder, from which relative file names in the configuration are meant.
        env: Their environment.
        pid: A process that lives as long as they do, in the namespace of processes that they are in; by
            default one is started.

    Raises:
        control.Unreachable: The server does not answer.
    """
    with contextlib.ExitStack() as held:
        answers = {}
        connections = []
        for name, address in PROVIDERS.items():
            connection, answers[address] = control_socket.connect(control, name, cwd.absolute(), env)
            connections.append(held.enter_context(connection).fileno())
        stand_in, *keep = (pid,) if pid else held.enter_context(_stand_in(connections))
        found = {
            address: {
                "Protocol": "grpc",
                "ProtocolVersion": _PROTOCOL,
                "Pid": stand_in,
                "Test": True,
                "Addr": {"Network": answer["network"], "String": answer["address"]},
            }
            for address, answer in answers.items()
        }
        reattach = Reattach(json.dumps(found))
        reattach.keep = tuple(keep)
        yield reattach


@contextlib.contextmanager
def _stand_in(connections: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the pid of a process that only holds these connections open, and what keeps it alive.

    Terraform looks every second whether the provider's process is alive, and cancels the calls that are
    under way when it is not. It also kills that process when the address is dead: so it is neither the
    server's nor another process's. It ends when this is left, or, when this process is killed, with the last
    process that has inherited the file descriptor.
    """
    ends, alive = os.pipe()
    try:
        with subprocess.Popen(
            ["/bin/sh", "-c", "read -r _"],
            cwd="/",
            stdin=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=connections,
            process_group=0,
        ) as process:
            os.close(ends)
            try:
                yield process.pid, alive
            finally:
                process.kill()
    finally:
        os.close(alive)
