"""Start the emulator `ministack`: on loopback, with its files in one folder and with its gaps filled.

    python -m presso.local_aws.emulator --folder FOLDER --socket FD [--enforce-iam] [--allow HOST]...
        [--journal FILE [--boxed]] [--forget]

FD is an inherited TCP socket that already listens on 127.0.0.1, so that no other process can take the port
between choosing it and using it. `ready` is printed when requests are answered.
"""

import argparse
import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from presso.local_aws import emulator_sandbox, left_out, memory_guard
from presso.processes import adopt_orphans, kill_descendants

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Files of these names are the keys that user pools sign tokens with.
_KEYS = "cognito-"


def settings(folder: Path, port: int, *, enforce_iam: bool = False, forget: bool = False) -> dict[str, str]:
    """The emulator's settings. It reads them from the environment when it is imported.

    Args:
        folder: Where all of its files go.
        port: The TCP port that it answers on.
        enforce_iam: Whether requests need permissions. An account's own key needs none.
        forget: Whether the data end with it.
    """
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
        "PERSIST_STATE": "0" if forget else "1",
        "S3_PERSIST": "1",
        "AUTH": "true" if enforce_iam else "false",
        "LOG_LEVEL": "WARNING",
        "LAMBDA_EXECUTOR": "local",
        "SERVICES": ",".join(emulator_sandbox.SERVICES),
        # It would look for containers of its own to remove, and listen on ports of their own for these two.
        "DOCKER_HOST": f"unix://{folder / 'no-docker'}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Functions run as children: they must not find the user's own AWS settings.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM or SIGINT, then write the state to the folder."""
    parser = argparse.ArgumentParser(prog="presso.local_aws.emulator")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--enforce-iam", action="store_true")
    parser.add_argument("--allow", action="append", default=[], help="a host that the emulator may call")
    parser.add_argument("--journal", type=Path, help="file for records of what untrusted functions do")
    parser.add_argument("--boxed", action="store_true", help="this process is in a box of its own")
    parser.add_argument("--forget", action="store_true", help="write no state: it is not started again")
    given = parser.parse_args(arguments)
    if given.boxed:
        memory_guard.keep(given.journal)
    folder = given.folder.resolve()
    with socket.socket(fileno=os.dup(given.socket)) as listening:
        port = listening.getsockname()[1]
    functions = emulator_sandbox.functions_socket(port) if given.journal else None
    if functions is not None:
        port = functions.getsockname()[1]
        os.environ.update(emulator_sandbox.SETTINGS)
    os.environ.update(settings(folder, port, enforce_iam=given.enforce_iam, forget=given.forget))
    for name in ("state", "s3", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if functions is not None and not given.boxed:
        adopt_orphans()
        emulator_sandbox.give_up(folder, port)
    _serve(given, folder / "state", functions, port)


def _serve(given: argparse.Namespace, state: Path, functions: socket.socket | None, port: int) -> None:
    """Serve; functions reach it on `port`."""
    left_out.leave_out()
    # Imported only now: the emulator reads its settings at import.
    from ministack.app import app

    from presso.local_aws import emulator_patches
    from presso.local_aws.emulator_server import EmulatorServer

    emulator_patches.apply(port, given.allow)
    _raise_file_limit()
    sockets = [socket.socket(fileno=given.socket)]
    if functions is not None:
        app = emulator_patches.confine(app, given.journal, port, boxed=given.boxed)
        sockets.append(functions)
    asyncio.run(EmulatorServer(_announced(app, state)).serve(sockets))


def _announced(app: "ASGIApp", state: Path) -> "ASGIApp":
    """The application, which reports its start, and ends the process after it has written its state.

    What was loaded from the folder is removed at the start: the emulator writes its state only at a clean
    end, and after a kill an older state would bring back what was deleted since. Nothing is better than that:
    Terraform's next plan makes everything again. The keys of user pools stay, which it only writes when it
    makes them: users would have to sign in again.

    The process ends at once when the state is written: Python would wait for executions that sleep and for
    functions that work, until the stopping process gives up.
    """

    async def application(scope: "Scope", receive: "Receive", send: "Send") -> None:
        async def announce(message: "Message") -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                _remove_loaded(state)
                print("ready", flush=True)
            if message["type"] == "lifespan.shutdown.complete":
                kill_descendants(os.getpid())
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)

        await app(scope, receive, announce if scope["type"] == "lifespan" else send)

    return application


def _remove_loaded(state: Path) -> None:
    for path in state.iterdir():
        if path.is_dir() and not path.name.startswith(_KEYS):
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith(_KEYS):
            path.unlink(missing_ok=True)


def _raise_file_limit() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main(sys.argv[1:])
