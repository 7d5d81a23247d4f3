"""Start the emulator `ministack`: on loopback, with its files in one folder and with its gaps filled.

    python -m presso.local_aws.emulator --folder FOLDER --socket FD

FD is an inherited TCP socket that already listens on 127.0.0.1, so that nobody can take the port between
choosing it and using it. `ready` is printed when requests are answered.
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

if TYPE_CHECKING:
    from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope


def settings(folder: Path, port: int) -> dict[str, str]:
    """The emulator's settings. It reads them from the environment when it is imported.

    Args:
        folder: Where all of its files go.
        port: The TCP port that it answers on.
    """
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder / "tmp"),
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "LOG_LEVEL": "WARNING",
        "LAMBDA_EXECUTOR": "local",
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
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    with socket.socket(fileno=os.dup(given.socket)) as listening:
        port = listening.getsockname()[1]
    os.environ.update(settings(folder, port))
    for name in ("state", "s3", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _serve(folder, given.socket)


def _serve(folder: Path, listening: int) -> None:
    # Imported only now: the emulator reads its settings at import.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from presso.local_aws import gaps

    gaps.fill()
    _raise_file_limit()
    config = Config()
    config.bind = [f"fd://{listening}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"

    async def until_stopped() -> None:
        await serve(_announced(app, folder / "state"), config)
        # The state is written. Python would wait for the threads of executions that are under way, even of
        # those that were stopped, for as long as they were to last.
        os._exit(0)

    asyncio.run(until_stopped())


def _announced(app: "ASGIFramework", state: Path) -> "ASGIFramework":
    """The application, which tells when it has started.

    What was loaded from the folder is removed then: the emulator writes its state only at a clean end, and
    after a kill an older state would bring back what was deleted since. Nothing is better than that:
    Terraform's next plan makes everything again.
    """

    async def application(scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
        async def announce(message: "ASGISendEvent") -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                shutil.rmtree(state, ignore_errors=True)
                print("ready", flush=True)

        await app(scope, receive, announce if scope["type"] == "lifespan" else send)

    return application


def _raise_file_limit() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65536) if hard != resource.RLIM_INFINITY else 65536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main(sys.argv[1:])
