"""A local AWS that answers each call later, as AWS does."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from presso.local_aws import LocalAws, record

_CHUNK = 65536


@contextlib.contextmanager
def answering_after(local: LocalAws, latency: float) -> Iterator[None]:
    """Context in which a running local AWS is found at an address that is so many seconds away.

    A relay in front of the emulator passes on what is sent to it so many seconds later, and answers at once.
    Its computing is this process's.
    """
    found = record.read(local.folder)
    assert found, "it does not run"
    ports, over = queue.SimpleQueue[int](), threading.Event()
    relay = threading.Thread(target=asyncio.run, args=[_relay(found.port, latency, ports.put, over)])
    relay.start()
    record.write(local.folder, replace(found, port=ports.get()))
    try:
        yield
    finally:
        record.write(local.folder, found)
        over.set()
        relay.join()


async def _relay(port: int, latency: float, opened: Callable[[int], None], over: threading.Event) -> None:
    """Relay to a port, from one of its own that `opened` gets; end all connections when it is over."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(asyncio.CancelledError):  # at the end of all
            await asyncio.gather(_pass_on(reader, to_there, latency), _pass_on(there, writer, 0))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    opened(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(over.wait)
    server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float) -> None:
    """Pass on all chunks of one direction, each so many seconds after it came."""
    call_later = asyncio.get_running_loop().call_later
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            call_later(latency, writer.write, chunk)
    call_later(latency, writer.close)
