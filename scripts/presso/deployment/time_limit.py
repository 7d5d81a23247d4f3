"""The most time that Terraform may take for one unit; then it is interrupted, and saves its state."""

from __future__ import annotations

import re
import time

from presso.errors import UsageError
from presso.interruption import Interruption

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """Return the seconds of a time such as `90s`, `30m` or `1h30m`.

    Raises:
        UsageError: It is no such time.
    """
    parts = re.findall(r"([0-9]{1,6})([smh])", text)
    found = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if not found or "".join(map("".join, parts)) != text:
        raise UsageError(f"--time-limit {text}: not a time.", hint="Such as 90s, 30m or 1h30m.")
    return float(found)


class TimeLimit(Interruption):
    """The requests to stop one unit's Terraform: the command's, and one when the time is over.

    Args:
        command: The command's.
        most: Seconds from now on; None for no limit.
    """

    def __init__(self, command: Interruption, most: float | None) -> None:
        super().__init__()
        self._command = command
        self._most = most
        self._begin = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the unit has taken too long."""
        return self._most is not None and time.monotonic() - self._begin > self._most

    @property
    def requests(self) -> int:
        """How often a stop was requested."""
        return max(self._command.requests, int(self.over))
