"""The first process in the emulator's box: it ends what takes more memory than all functions may together.

The kernel limits each process, and what is written to files. It does not limit the memory of many processes
together, unless it is given control groups, which few users may make. So this process looks, often.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MOST_MEMORY = 2 << 30
_LOOKED_EVERY = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


def keep(journal: Path) -> None:
    """Go on in a child; this process keeps it, and ends as it ends.

    Args:
        journal: Where it is noted that functions were ended (`emulator_patches/journal.py`).
    """
    kept = os.fork()
    if kept == 0:
        return
    while (status := _ended(kept)) is None:
        used = dict(_memory(kept))
        if sum(used.values()) > MOST_MEMORY and sum(dict(_memory(kept, exactly=True)).values()) > MOST_MEMORY:
            _end(used, journal)
        time.sleep(_LOOKED_EVERY)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _ended(kept: int) -> int | None:
    """The status of the kept process when it has ended; orphans that have ended are taken note of."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == kept:
                return status
            if pid == 0:
                return None
    return 0


def _memory(kept: int, *, exactly: bool = False) -> Iterator[tuple[int, int]]:
    """How many bytes of its own each process but these two fills, by its pid.

    Exactly is slower: what processes share is counted once.
    """
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal() and int(name) not in (os.getpid(), kept):
            with contextlib.suppress(OSError, ValueError):
                resident, shared = Path(f"/proc/{name}/statm").read_text().split()[1:3]
                filled = (int(resident) - int(shared)) * _PAGE + page_tables(name)
                yield int(name), _share(name, filled) if exactly else filled


def page_tables(pid: str) -> int:
    """How many bytes of the kernel's memory a process's page tables take: they are in no limit."""
    status = Path(f"/proc/{pid}/status").read_bytes()
    found = re.search(rb"^VmPTE:\s+([0-9]+) kB", status, re.MULTILINE)
    return int(found[1]) << 10 if found else 0


def _share(name: str, otherwise: int) -> int:
    try:
        lines = Path(f"/proc/{name}/smaps_rollup").read_text().splitlines()
    except OSError:
        return otherwise
    own = next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss_Anon:")), None)
    return otherwise if own is None else own + page_tables(name)


def _end(used: dict[int, int], journal: Path) -> None:
    """End all functions: which of them began is not to be known."""
    for pid in used:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    said = {"kind": "exceeded", "what": "memory", "most": f"{MOST_MEMORY >> 30} GB"}
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")
