"""The provider server: one process for all Terraform runs of one local AWS.

    python -m offline_aws.server --control SOCKET

Prints ``ready`` when it accepts. See ``control`` for what it is asked. Endpoints are Unix sockets beside the
control socket, in a folder that only the user can open. It ends on SIGTERM or SIGINT, and when its
control socket is removed or replaced.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import itertools
import json
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from offline_aws.endpoint import Endpoint
from offline_aws.provider import Provider

_WATCH_EVERY = 2.0
_LONGEST_REQUEST = 4 * 1024 * 1024
_THREADS = 32
_LAST_CALLS_SECONDS = 5.0

log = logging.getLogger("offline_aws")


class Server:
    """Accepts control connections and keeps an endpoint for each.

    Args:
        control: Where to listen; a socket file left by a dead server is replaced.
        with_stdin: Whether to end when standard input is closed, as it is by the death of the starter.
        provider: What answers on its endpoints.
    """

    def __init__(
        self, control: Path, *, with_stdin: bool = False, provider: type[Provider] = Provider
    ) -> None:
        self.control = control
        self._with_stdin = with_stdin
        self._provider = provider
        self._ended = asyncio.Event()
        self._warm: asyncio.Future[None] | None = None
        self._numbers = itertools.count(1)
        self._connections: set[asyncio.Task[None]] = set()
        self._endpoints: set[Endpoint] = set()

    async def run(self) -> None:
        """Serve until `end` is called or the control socket is gone."""
        loop = asyncio.get_running_loop()
        executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="aws")
        loop.set_default_executor(executor)
        self.control.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.control.unlink()
        listener = await asyncio.start_unix_server(self._accept, str(self.control), limit=_LONGEST_REQUEST)
        self.control.chmod(0o600)
        mine = self._identity()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.end)
        if self._with_stdin:
            loop.add_reader(sys.stdin.fileno(), self.end)
        print("ready", flush=True)
        while not self._ended.is_set() and self._identity() == mine:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _WATCH_EVERY)
        if self._warm is not None:
            self._warm.cancel()
        listener.close()
        await self._close()
        executor.shutdown(wait=False, cancel_futures=True)
        if self._identity() == mine:
            self.control.unlink()

    def end(self) -> None:
        """Stop serving: running operations are requested to stop and have a few seconds."""
        self._ended.set()

    async def _close(self) -> None:
        for endpoint in self._endpoints:
            endpoint.stop()
        calls = [call for endpoint in self._endpoints for call in endpoint.calls]
        if calls:
            await asyncio.wait(calls, timeout=_LAST_CALLS_SECONDS)
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.control.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception:
            log.exception("control connection")
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        try:
            request = json.loads(line)
            address = self.control.parent / f"e{next(self._numbers)}.sock"
            endpoint = Endpoint(
                request, address, self._provider, partial(_write_line, asyncio.get_running_loop(), writer)
            )
        except (ValueError, KeyError, TypeError, OSError) as error:
            await _say(writer, {"error": f"the offline AWS provider refuses the request: {error!r}"})
            return
        self._endpoints.add(endpoint)
        if self._warm is None:  # while Terraform asks for the schema
            self._warm = asyncio.get_running_loop().run_in_executor(None, self._provider.warm_up)
        try:
            async with endpoint:
                certificate = endpoint.certificate
                answer = {"network": "unix", "address": str(address), "certificate": certificate}
                await _say(writer, answer)
                hung_up = asyncio.ensure_future(reader.read())
                over = asyncio.ensure_future(endpoint.over.wait())
                await asyncio.wait({hung_up, over}, return_when=asyncio.FIRST_COMPLETED)
                hung_up.cancel()
                over.cancel()
        finally:
            self._endpoints.discard(endpoint)


def _write_line(loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter, line: str) -> None:
    """Send a line of a log, from any thread; to a caller that has gone none."""
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(writer.write, f"{line}\n".encode())


async def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def main(arguments: list[str] | None = None) -> None:
    """Run a server until it is requested to end."""
    gc.set_threshold(20_000)  # the schema stays, and to look through it after each 700 objects costs a tenth
    parser = argparse.ArgumentParser(prog="python -m offline_aws.server", description=__doc__)
    parser.add_argument("--control", type=Path, required=True, help="the control socket to listen on")
    parser.add_argument(
        "--with-stdin", action="store_true", help="end when standard input, a pipe, is closed"
    )
    parser.add_argument(
        "--without-aws", action="store_true", help="call no AWS: plan computed values, create nothing"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    # All settings come from callers; this process's own must not affect any run.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    os.environ["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1,localhost")))
    os.umask(0o077)
    provider = Provider
    if options.without_aws:
        from offline_aws.without_aws import ProviderWithoutAws

        provider = ProviderWithoutAws
    asyncio.run(Server(options.control, with_stdin=options.with_stdin, provider=provider).run())
    logging.shutdown()
    # Calls that did not end in time would be waited for otherwise.
    os._exit(0)


if __name__ == "__main__":
    main()
