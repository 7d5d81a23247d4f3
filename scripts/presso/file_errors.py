"""The system's errors about files, as errors for the user and not bugs of presso."""

from __future__ import annotations

import errno
from pathlib import Path

from presso import disk
from presso.errors import PressoError
from presso.regular_file import NotRegular

_ELSEWHERE = "Choose another path, or ask its owner for permission (ls -ld shows owner and permissions)."
_HINTS = {
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: "Choose a path on a disk that is not read-only.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOTDIR: "A parent of this path is a file. Choose another path.",
    errno.ELOOP: "A symbolic link there leads back to itself. Choose another path.",
    errno.EIO: "The disk may be damaged.",
}
_REMOVE = "Remove what is there (ls -l shows it), then run the same command again."
_LONGEST_SHOWN = 200


def in_words(error: BaseException) -> PressoError | None:
    """Return the error for the user; None where it is not about a file, or may be a bug of presso."""
    if full := disk.full_by(error):
        message, hint = disk.full_disk(Path(_name(full) or "."))
        return PressoError(message, hint=hint)
    if isinstance(error, NotRegular):
        return PressoError(f"{_name(error)}: {error.strerror}.", hint=_REMOVE)
    if not isinstance(error, OSError) or error.errno not in _HINTS or not _name(error):
        return None
    name = _name(error)
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
    return PressoError(f"{shown}: {error.strerror}.", hint=_HINTS[error.errno])


def _name(error: OSError) -> str:
    """The file of the error; for a rename, the new name."""
    name = error.filename2 or error.filename
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name or "")
