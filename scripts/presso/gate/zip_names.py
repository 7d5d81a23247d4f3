"""The names of the files in a zip file, as each kind of program reads them, and what only some programs see.

A name is in the directory at the end, in front of each file's content, and perhaps once more in Unicode.
Programs that read from the end see other files than those that read from the beginning if more is in between.
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 and 4.6.9
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO

_BEFORE_CONTENT = struct.Struct("<4s22xHH")  # what begins with the lengths of a name and of its extra fields
_FIELD = struct.Struct("<HH")
_UNICODE_PATH, _UNICODE_START = 0x7075, 5
_IS_UTF8, _HAS_DESCRIPTOR = 0x800, 0x8
_DESCRIPTORS = (12, 16, 20, 24)  # bytes behind a content whose size was not known before


class Misleading(Exception):
    """Something that only some programs see; the message is what, after the file's name."""


def is_zip(content: bytes) -> bool:
    """Return whether programs take a file for a zip file by its end, or by its beginning."""
    return content.startswith(b"PK\x03\x04") or zipfile.is_zipfile(BytesIO(content))


def readings(content: bytes, infos: list[zipfile.ZipInfo], directory: int) -> Iterator[list[str]]:
    """Yield the names of all files, as each kind of program reads them.

    Args:
        content: The zip file.
        infos: The entries of its directory.
        directory: Where that begins.

    Raises:
        Misleading: Something in it is in no directory, or in front of a content there is another name.
    """
    yield [info.orig_filename for info in infos]
    yield [_in_unicode(info.extra) or info.orig_filename for info in infos]
    yield [_in_unicode(_before(content, info)) or info.orig_filename for info in infos]
    ends = {0}
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset not in ends:
            raise Misleading(f"has data that its directory does not list, before {info.orig_filename}")
        length = _BEFORE_CONTENT.size + sum(_lengths(content, info)) + info.compress_size
        end = info.header_offset + length
        ends = {end + more for more in _DESCRIPTORS} if info.flag_bits & _HAS_DESCRIPTOR else {end}
    if directory not in ends:
        raise Misleading("has data that its directory does not list, at its end")


def _lengths(content: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """The lengths of the name and of the extra fields in front of a content."""
    start = content[info.header_offset : info.header_offset + _BEFORE_CONTENT.size]
    sign, name, extra = _BEFORE_CONTENT.unpack(start.ljust(_BEFORE_CONTENT.size, b"\0"))
    if sign != b"PK\x03\x04":
        raise Misleading(f"has no content for {info.orig_filename}")
    return name, extra


def _before(content: bytes, info: zipfile.ZipInfo) -> bytes:
    """The extra fields in front of a content.

    Raises:
        Misleading: Another name is there.
    """
    name, extra = _lengths(content, info)
    start = info.header_offset + _BEFORE_CONTENT.size
    found = content[start : start + name]
    if found.decode("utf-8" if info.flag_bits & _IS_UTF8 else "cp437", "replace") != info.orig_filename:
        raise Misleading(f"has another name before the content of {info.orig_filename}")
    return content[start + name : start + name + extra]


def _in_unicode(extra: bytes) -> str:
    """The name among extra fields; "" for none."""
    at = 0
    while at + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, at)
        at += _FIELD.size
        if kind == _UNICODE_PATH:
            return extra[at + _UNICODE_START : at + length].decode("utf-8", "replace")
        at += length
    return ""
