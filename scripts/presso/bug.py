"""Reports an unexpected error, a bug in presso, in one line that names the file with the traceback."""

import contextlib
import os
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from presso import terminal
from presso.errors import PressoError
from presso.workspace import Workspace


def report(error: Exception, home: str) -> Path:
    """Write the traceback to a file, print the file's name on stderr, and return the file.

    Args:
        error: The exception that was not handled.
        home: As `Workspace.find` takes it; the file goes there, or else to the system's temporary folder.
    """
    path = record(error, home)
    terminal.error(f"presso has a bug: {summary(error)}", f"Please report it with {path}")
    return path


def summary(error: Exception) -> str:
    """Return the error's type and the first line of its message."""
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])


def record(error: Exception, home: str) -> Path:
    """Write the traceback to a file and return the file; `home` as for `report`."""
    text = f"presso {' '.join(sys.argv[1:])}\n\n{''.join(traceback.format_exception(error))}"
    return _write(text, home)


def _write(text: str, home: str) -> Path:
    name = f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{os.getpid()}.log"
    with contextlib.suppress(PressoError, OSError):
        folder = Workspace.find(home).home
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        return folder / name
    path = Path(tempfile.gettempdir()) / f"presso-{name}"
    path.write_text(text)
    return path
