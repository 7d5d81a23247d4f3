"""The gate in a process of its own, which judges extensions while units run.

    python -P -m presso.gate.judge_process DESCRIPTOR

The gate limits the memory and time of its process while it reads an extension (`gate.limits`). In the process
that runs units, these limits would also be those of each Terraform that starts meanwhile, and what the other
units compute would count.

The processes are connected by a pair of sockets, and DESCRIPTOR is the gate's end: it receives orders, and
sends a reply for each case. When the other end is closed, however its process has ended, the gate's ends too.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any

from presso import child, interruption
from presso.errors import PressoError
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.gate.case import Case
    from presso.gate.judge import Verdict
    from presso.gate.plan_comparison import PredictedPlan
    from presso.gate.report import Finding

_LOOKED_EVERY = 0.1
_PATIENCE = 5.0  # seconds to end its own processes, and to remove its folders
_LAST_RESORT_AFTER = 10.0
# Processes that end before all is judged: after so many, what is left fails.
_MOST_ENDED = 5
Groups = Sequence[Sequence["Case"]]


@dataclass(frozen=True)
class Judged:
    """What became of a case.

    Args:
        findings: Those that reject it.
        predicted: The judged plan; None when it is rejected.
    """

    findings: Sequence[Finding]
    predicted: PredictedPlan | None


def judged(found: Verdict | Exception) -> Judged | Exception:
    """Return what became of a case, from what the gate returns of it."""
    return found if isinstance(found, Exception) else Judged(found.refusing, found.predicted)


class JudgeProcess:
    """The gate in a process of its own, started for the first order; used by one thread at a time.

    Args:
        workspace: The checkout.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held = ExitStack()
        self._pipe: Connection | None = None

    def __enter__(self) -> JudgeProcess:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._pipe = None
        self._held.close()

    def verdicts(
        self, groups: Groups, parallel: int, stopped: Callable[[], bool]
    ) -> Iterator[tuple[Case, Judged | Exception]]:
        """Yield each case with what became of it, as soon as that is known.

        When the process ends (killed, out of memory), another one judges what is left, each case alone. The
        case at which it ended fails; the others of its extension, which may do the same, come last.

        Args:
            groups: The cases: those of a group differ in their tenants alone.
            parallel: How many plans Terraform makes at a time.
            stopped: Whether to end before all is judged. Called ten times a second.

        Raises:
            PressoError: The process does not start, or has ended too often.
            Stopped: It was to end.
        """
        left = [list(group) for group in groups]
        for _ in range(_MOST_ENDED):
            judged: set[int] = set()
            try:
                for case, found in self._order(left, parallel, stopped):
                    judged.add(id(case))
                    yield case, found
                return
            except _Ended as error:
                ended = error
            alone = all(len(group) == 1 for group in left)  # then they are judged one after the other
            left = [[case] for group in left for case in group if id(case) not in judged]
            if alone:
                ((case,), *left) = left
                left.sort(key=lambda group: group[0].tree.tree.name == case.tree.tree.name)
                yield case, _ended(f" while it judged {case.tree.tree.name} for {case.facts.tenant}", ended)
            if not left:
                return
        raise _ended(f" {_MOST_ENDED} times", ended)

    def _order(
        self, groups: Groups, parallel: int, stopped: Callable[[], bool]
    ) -> Iterator[tuple[Case, Judged | Exception]]:
        cases = [case for group in groups for case in group]
        if self._pipe and self._child.poll() is not None:  # between two orders: no case has ended it
            self._pipe = None
        pipe = self._pipe = self._pipe or self._started(stopped)
        try:
            pipe.send((parallel, groups))
            for _ in cases:
                number, reply = self._received(pipe, stopped)
                yield cases[number], _from_wire(reply)
        except (EOFError, ConnectionError) as error:
            self._pipe = None
            raise _Ended(self._last_words()) from error

    def _received(self, pipe: Connection, stopped: Callable[[], bool]) -> Any:
        while not pipe.poll(_LOOKED_EVERY):
            if stopped():
                self._pipe = None
                pipe.close()  # that ends the process
                raise interruption.stopped()
        return pipe.recv()

    def _started(self, stopped: Callable[[], bool]) -> Connection:
        ours, theirs = Pipe()
        self._output = self._held.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
        with theirs:
            self._child = self._held.enter_context(
                child.running(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    pass_fds=[theirs.fileno()],
                )
            )
        self._held.callback(_await_end, self._child)
        self._held.enter_context(ours)  # closed first
        try:
            ours.send(self._workspace)
            self._received(ours, stopped)
        except (EOFError, ConnectionError):
            raise _ended("", _Ended(self._last_words())) from None
        return ours

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # its end of the pipe is closed a moment before
            self._child.wait(_PATIENCE)
        self._output.seek(0)
        lines = self._output.read().decode("utf-8", "replace").strip().splitlines()
        if lines:
            return lines[-1].rstrip(".")
        code = self._child.returncode
        return signal.Signals(-code).name if code and code < 0 else "no output"


class _Ended(Exception):
    """The process has ended before it has judged all; the message has its last words."""


def _ended(when: str, error: _Ended) -> PressoError:
    return PressoError(f"The gate's process has ended{when}: {error}.", hint="Run the same command again.")


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has cleaned up; a second request to stop is the end of that."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline and not interruption.hurried():
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOKED_EVERY)


def _wire(found: Judged | Exception) -> Any:
    """What is sent of it: checks by their ids."""
    if isinstance(found, Exception):
        return _portable(found)
    rows = [(f.check.id, f.file, f.line, f.found, f.fix, f.waiver) for f in found.findings]
    return rows, found.predicted


def _from_wire(reply: Any) -> Judged | Exception:
    if isinstance(reply, Exception):
        return reply
    rows, predicted = reply
    return Judged(tuple(_finding(*row) for row in rows), predicted)


def _finding(number: str, *rest: Any) -> Finding:
    from presso.gate.checks import CHECKS
    from presso.gate.report import Finding

    return Finding(CHECKS[number], *rest)


def _portable(error: Exception) -> Exception:
    """The error with its traceback, as it can be sent."""
    import pickle
    import traceback

    if not isinstance(error, PressoError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    except Exception:
        made = RuntimeError(f"{type(error).__name__}: {error}")
        made.__notes__ = getattr(error, "__notes__", [])
        return made
    return error


def _serve(pipe: Connection) -> None:
    """Judge the cases of each order; end when the other end is closed."""
    from presso.gate.judge import Judge

    with Judge(pipe.recv()) as judge:
        pipe.send(None)  # from now on a case is what ends it
        while True:
            parallel, groups = pipe.recv()
            cases = [case for group in groups for case in group]
            numbers = {id(case): number for number, case in enumerate(cases)}
            for case, found in judge.judge_all(groups, parallel):
                pipe.send((numbers[id(case)], _wire(judged(found))))


def _end_with_the_other(pipe: Connection) -> None:
    """End this process when the other end of the pipe is closed."""
    closed = select.poll()
    closed.register(pipe.fileno(), 0)  # that it is closed is reported all the same
    closed.poll()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT_AFTER)
    os._exit(1)


def main() -> None:
    """Judge what the other process asks for, until that ends."""
    with interruption.handled(), Connection(int(sys.argv[1])) as pipe, suppress(EOFError, ConnectionError):
        threading.Thread(target=_end_with_the_other, args=[pipe], daemon=True).start()
        _serve(pipe)


if __name__ == "__main__":
    main()
