"""Step Functions: an expression in JSONata may compute for a second, on a busy machine, too.

AWS ends an expression after a second (Step Functions' guide, "Transforming data with JSONata"). The emulator
counts by the clock, so that on a busy machine one fails because others compute: here the time of the thread
that evaluates it counts.

The emulator alone parses an expression each time that it is evaluated: a third of what that takes.
"""

import functools
import time
from typing import Any

from jsonata import jexception, parser, timebox

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(timebox, Timebox="expr timeout max_depth")
PATCHES.uses(parser.Parser, parse="self jsonata regex_engine")
_TOOK_TOO_LONG = "D1012"
# The kernel is asked for a thread's time, which takes longer than most steps.
_STEPS_BETWEEN_LOOKS = 64
_MOST_PARSED = 1000


class _Timebox(timebox.Timebox):  # type: ignore[misc]
    """Bounds of an expression, which one thread evaluates."""

    def __init__(self, expr: Any, timeout: int | None = None, max_depth: int | None = None) -> None:
        super().__init__(expr, None, max_depth)
        self._most_milliseconds = timeout
        self._since = time.thread_time()
        self._steps = 0

    def check_runaway(self) -> None:
        """Raise an error where the expression goes too deep or computes for too long."""
        super().check_runaway()
        most = self._most_milliseconds
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_LOOKS or most is None:
            return
        if (time.thread_time() - self._since) * 1000 > most:
            raise jexception.JException(_TOOK_TOO_LONG, -1, most)


@PATCHES.also
def _count_own_time() -> None:
    timebox.Timebox = _Timebox


@PATCHES.also
def _parse_once() -> None:
    # Evaluation changes nothing in what was parsed: the package's own threads share it.
    original = parser.Parser.parse
    parsed = functools.lru_cache(_MOST_PARSED)(lambda *given: original(parser.Parser(), *given))
    parser.Parser.parse = lambda self, *given: parsed(*given)
