"""What the system says of a file, wherever that happens: an error for people, not a bug of presso."""

from __future__ import annotations

import errno
from pathlib import Path

from presso import disk
from presso.errors import PressoError

_ELSEWHERE = "Name another place, or let its owner change who may do what there: ls -ld says who may."
_HINTS = {
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: "Name a place on a disk that can be written to.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOTDIR: "A part of it is a file. Name another place.",
    errno.ELOOP: "A link there leads back to itself. Name another place.",
    errno.EIO: "The disk may be broken.",
}
_LONGEST_SHOWN = 200


def in_words(error: BaseException) -> PressoError | None:
    """Return the error for people; None where it is not about a file, or may be a fault of presso."""
    if full := disk.full_by(error):
        message, hint = disk.told(Path(_name(full) or "."))
        return PressoError(message, hint=hint)
    if not isinstance(error, OSError) or error.errno not in _HINTS or not _name(error):
        return None
    name = _name(error)
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
    return PressoError(f"{shown}: {error.strerror}.", hint=_HINTS[error.errno])


def _name(error: OSError) -> str:
    """The file; of a renaming, the one that was to be."""
    name = error.filename2 or error.filename
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name or "")
