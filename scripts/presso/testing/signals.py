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


class Signals:
    """Handles the signals of this process.

    Attributes:
        number: The first signal that came; 0 before.
    """

    def __init__(self) -> None:
        self.number = 0
        self._last = 0.0
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.number = self.number or number
        before, self._last = self._last, time.monotonic()
        if self._last - before > SAME_REQUEST:
            raise KeyboardInterrupt  # pytest's own way to stop


def main() -> None:
    """Run the tests and exit."""
    code = 2
    signals = Signals()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # see `interruption.handed_over`
        import pytest

        code = pytest.main()
    except KeyboardInterrupt:  # before pytest could handle it
        pass
    sys.exit(128 + signals.number if signals.number else code)


if __name__ == "__main__":
    main()
