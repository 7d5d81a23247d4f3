"""Prints the demo's steps on stdout, one sentence per line with its time; a spinner on stderr meanwhile."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from presso import terminal

_WORDS = {
    "start": "starting the local AWS",
    "tenants": "Terraform applies both tenants",
    "bars": "Terraform applies both tenants and their bars",
    "extension": "Terraform applies the extension in both",
    "robots": "Terraform applies the robots in one",
    "replay": "starting the player",
    "removal": "Terraform removes the extension from one",
    "teardown": "Terraform destroys the rest",
}


class StepPrinter:
    """Prints the demo's steps.

    Args:
        silent: Print nothing.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._status: Callable[[str], None] = lambda text: None

    def opening(self, *lines: str) -> None:
        """Print the introduction."""
        for line in (*lines, ""):
            self._print(line)

    def sentence(self, seconds: float, text: str) -> None:
        """Print what happened, and how long it took."""
        self._print(f"{seconds:5.1f} s  {text}")

    def line(self, text: str) -> None:
        """Print a line as it is."""
        self._print(text)

    def check(self, text: str, held: bool) -> None:
        """Print a check and its result."""
        sign = (
            terminal.styled("✓", "green", sys.stdout)
            if held
            else terminal.styled("✗ NOT TRUE:", "red", sys.stdout)
        )
        self._print(f"         {sign} {text}")

    @contextlib.contextmanager
    def working(self, phase: str) -> Iterator[None]:
        """Show that a phase is being worked on, on a terminal."""
        if self._silent or not terminal.coloured(sys.stderr):
            yield
            return
        from rich.console import Console

        with Console(stderr=True).status(f"{_WORDS[phase]} …") as status:
            self._status = status.update
            yield
        self._status = lambda text: None

    @contextlib.contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Yield what shows how many of how many are done."""
        yield lambda done, total: self._status(f"{what}: {done} of {total} events")

    def _print(self, line: str) -> None:
        if not self._silent:
            terminal.result(line)
