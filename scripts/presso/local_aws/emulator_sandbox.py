"""Confinement of untrusted code in the emulator: the rights that it gives up, and how functions reach it.

The emulator listens on a second port, for functions: there an account's own key opens nothing, and neither
do the emulator's own pages, by which IAM could be switched off. In its box the emulator has a network of
its own, in which there is that port alone; the port of the gate's own clients it has from outside.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from presso.confinement import DEVICES, SYSTEM, Limits, installation, python
from presso.linux import landlock, seccomp

# In functions' workflows an hour of waiting is over in ten seconds or so.
SETTINGS = {"SFN_WAIT_SCALE": "0.003"}
# What the offline provider can make, and what extensions and tenants need. Others are left out: some run
# programs for their callers, as Glue does.
SERVICES = (
    *(
        "apigateway",
        "cognito-identity",
        "cognito-idp",
        "dynamodb",
        "dynamodbstreams",
        "ec2",
        "events",
        "firehose",
        "iam",
        "kms",
    ),
    *(
        "kinesis",
        "lambda",
        "logs",
        "monitoring",
        "organizations",
        "pipes",
        "resource-groups",
        "s3",
        "s3tables",
        "scheduler",
    ),
    *("secretsmanager", "signer", "sns", "sqs", "ssm", "states", "sts", "tagging"),
)
# In the emulator's box: all that it and functions write, in memory.
SPACE = Path("/space")
MOST_SPACE = 512 * 1024 * 1024
MOST_DATA = 2 << 30
MOST_PROCESSES = 768


def path() -> str:
    """Where programs are found: the system's own, and Node.js where it is somewhere else."""
    node = shutil.which("node")
    elsewhere = [str(Path(node).parent)] if node and shutil.which("node", path=os.defpath) is None else []
    return os.pathsep.join([*elsewhere, "/usr/local/bin", os.defpath])


def functions_socket(other: int) -> socket.socket:
    """A socket that listens on loopback, for functions; on another port than the one from outside."""
    while True:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        if listener.getsockname()[1] != other:
            listener.listen(128)
            return listener
        listener.close()


def readable() -> tuple[str, ...]:
    """What the emulator and functions may read: the system, Python and Node.js."""
    node = shutil.which("node")
    return (*SYSTEM, *python(), *(installation(Path(node).resolve().parents[1]) if node else ()))


def box(journal: Path) -> Limits:
    """What the emulator may do in a box of its own: write a file, and run functions in boxes of theirs."""
    return Limits(
        read=readable(),
        write=(str(journal), *DEVICES),
        scratch={str(SPACE): MOST_SPACE},
        memory=0,  # each of its threads reserves much more than it fills
        data=MOST_DATA,
        file=MOST_SPACE,
        processes=MOST_PROCESSES,
        boxes=True,
        nobody=True,
        with_parent=True,
    )


def give_up(folder: Path, port: int) -> None:
    """Keep this thread, and what it starts, from all but a folder and the functions' port; without a box."""
    landlock.restrict([*readable(), "/proc"], [str(folder), *DEVICES], None, [port], signals=False)
    seccomp.restrict(unix=False, boxes=False, listens=True, only=None)
