"""Step Functions: an expression in JSONata may compute for a second, on a busy machine, too.

AWS ends an expression after a second (Step Functions' guide, "Transforming data with JSONata"). The emulator
counts by the clock, so that on a busy machine one fails because others compute: here the time of the thread
that evaluates it counts.
"""

import time
from typing import Any

from jsonata import jexception, timebox

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(timebox, Timebox="expr timeout max_depth")
_TOOK_TOO_LONG = "D1012"


class _Timebox(timebox.Timebox):  # type: ignore[misc]
    """Bounds of an expression, which one thread evaluates."""

    def __init__(self, expr: Any, timeout: int | None = None, max_depth: int | None = None) -> None:
        super().__init__(expr, None, max_depth)
        self._most_milliseconds = timeout
        self._since = time.thread_time()

    def check_runaway(self) -> None:
        """Raise an error where the expression goes too deep or computes for too long."""
        super().check_runaway()
        most = self._most_milliseconds
        if most is not None and (time.thread_time() - self._since) * 1000 > most:
            raise jexception.JException(_TOOK_TOO_LONG, -1, most)


@PATCHES.also
def _count_own_time() -> None:
    timebox.Timebox = _Timebox
