"""How wide text is, without the font: never narrower than the widest of the fonts that a picture may get."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Advances of DejaVu Sans, the widest of the common sans-serif fonts, in thousandths of the size.
_ADVANCES = {
    **dict.fromkeys("iljI'|", 300),
    **dict.fromkeys(" .,:;!", 410),
    **dict.fromkeys("ft()[]/\\-`", 430),
    **dict.fromkeys('r"', 470),
    **dict.fromkeys("mwMW@%…", 1010),
    **dict.fromkeys("+<>=~^#→", 850),
}
_CAPITAL, _WIDE, _OTHER = 790, 1100, 650
_BOLD = 1.12

# Where a name may be broken: after a sign, and before a capital.
_PIECES = re.compile(r"[A-Z]?[^A-Z\s._/\-:,]*[._/\-:,]*\s*|.", re.DOTALL)


@cache
def _advance(sign: str) -> int:
    if sign in _ADVANCES:
        return _ADVANCES[sign]
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return _WIDE
    return _OTHER if sign.islower() or sign.isdigit() else _CAPITAL


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The most that a line of text takes at a font size."""
    return sum(map(_advance, text)) * size / 1000 * (_BOLD if bold else 1)


def fitted_lines(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """The text as lines that fit into the room: broken between words, else within names, else anywhere."""
    lines = [""]
    for word in re.findall(r"\S+\s*", text):
        fits = width((lines[-1] + word).rstrip(), size, bold=bold) <= room
        if fits:
            lines[-1] += word
            continue
        pieces = [word] if width(word.rstrip(), size, bold=bold) <= room else _PIECES.findall(word)
        if len(pieces) == 1:
            lines.append(word)
            continue
        for piece in pieces:
            lines = _added(lines, piece, room, size, bold)
    return [line.strip() for line in lines if line.strip()]


def _added(lines: list[str], piece: str, room: float, size: float, bold: bool) -> list[str]:
    """The lines with a piece of a word at their end, on a new line when it must be."""
    if width((lines[-1] + piece).rstrip(), size, bold=bold) <= room:
        return [*lines[:-1], lines[-1] + piece]
    if width(piece.rstrip(), size, bold=bold) <= room:
        return [*lines, piece]
    found = [*lines, ""]
    for sign in piece:
        if width(found[-1] + sign, size, bold=bold) > room and found[-1]:
            found.append("")
        found[-1] += sign
    return found
