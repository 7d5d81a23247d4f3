"""pytest, as `presso test` runs it: `python -m presso.testing.signals ARGUMENT…`.

A signal stops the tests, and the exit code shows which, as for every command. pytest itself ends with 2
after Ctrl-C, which also means wrong usage, and dies of the other signals without any cleanup.
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from presso.interruption import SAME_REQUEST, SIGNALS


class StoppedTests(KeyboardInterrupt):
    """The tests must stop: to pytest, what Ctrl-C is.

    A class of its own, because Python ends `python -m` by SIGINT, with any exit code, once a
    KeyboardInterrupt itself has passed through `exec`, which dataclasses and pytest call (`run_eval_code_obj`
    in CPython's pythonrun.c).
    """


class Signals:
    """Handles the signals of this process.

    Attributes:
        number: The first signal that came; 0 before.
        over: Whether the tests have ended: then nothing is raised.
    """

    def __init__(self) -> None:
        self.number = 0
        self.over = False
        self._last = 0.0
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.number = self.number or number
        before, self._last = self._last, time.monotonic()
        if self._last - before > SAME_REQUEST and not self.over:
            raise StoppedTests


def main() -> None:
    """Run the tests and exit."""
    code = 2
    signals = Signals()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # see `interruption.handed_over`
        import pytest

        code = pytest.main()
        signals.over = True
    except StoppedTests:  # before pytest could handle it
        signals.over = True
    sys.exit(128 + signals.number if signals.number else code)


if __name__ == "__main__":
    main()
