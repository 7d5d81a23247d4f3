"""Archives: what a file packs, also in archives within it, as far as that misleads who unpacks it.

Zip and tar files are read, also compressed. What else packs files cannot be judged, so it is a fault.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import IO

from presso.gate import zip_names

MOST_UNPACKED = 64 << 20
_DEEPEST = 4
_HEAD = 512  # a tar's first header
_OPENED: Mapping[re.Pattern[bytes], Callable[[BytesIO], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
    re.compile(rb"\x1f\x8b\x08"): lambda file: gzip.GzipFile(fileobj=file),
    re.compile(rb"BZh[1-9]1AY&SY"): bz2.BZ2File,
    re.compile(rb"\xfd7zXZ\0"): lzma.LZMAFile,
}
# https://en.wikipedia.org/wiki/List_of_file_signatures
_OTHERS: Mapping[bytes, str] = {
    b"!<arch>\n": "ar",
    b"(\xb5/\xfd": "zstd",
    b"070701": "cpio",
    b"070702": "cpio",
    b"070707": "cpio",
    b"7z\xbc\xaf'\x1c": "7z",
    b"MSCF\0\0\0\0": "cab",
    b"Rar!\x1a\x07": "rar",
    b"xar!": "xar",
}
_NAMED = re.compile(r".*\.(?:egg|jar|tar|tbz2?|tgz|txz|whl|zip|(?:tar\.)?(?:bz2|gz|xz))", re.IGNORECASE)
_UNREADABLE = (
    *(EOFError, OSError, RuntimeError, UnicodeDecodeError, ValueError, lzma.LZMAError, tarfile.TarError),
    *(zipfile.BadZipFile, zlib.error),
)


class _TooMuch(Exception):
    """More is packed than is unpacked here."""


def faults(content: bytes) -> Iterator[str]:
    """Yield sentences, to follow the file's name, about what misleads in a file; none for no archive."""
    try:
        yield from _Unpacked().faults(content, _DEEPEST)
    except _TooMuch:
        yield f"unpacks to more than {MOST_UNPACKED >> 20} MB, or to archives in archives without end"


def misplaced(names: Sequence[str]) -> Iterator[str]:
    """Yield sentences about the names in one archive."""
    for name, times in Counter(re.sub(r"(?:^|(?<=/))(?:\./|/)+", "", name) for name in names).items():
        if times > 1:
            yield f"has {name} {times} times"
    for name in names:
        steps = name.replace("\\", "/").split("/")
        if ".." in steps or steps[0] == "" or ":" in steps[0] or "\0" in name:
            yield f"has a file that leads out of it: {name}"


class _Unpacked:
    """A file that is unpacked in memory; all that it packs counts."""

    def __init__(self) -> None:
        self.left = MOST_UNPACKED

    def faults(self, content: bytes, depth: int) -> Iterator[str]:
        """Yield what misleads in content, which may be no archive."""
        is_tar = _is_tar(content)
        if zip_names.is_zip(content) and not is_tar:  # one in a tar may end as it does
            yield from self._zip(content, depth)
            return
        for start, name in _OTHERS.items():
            if content.startswith(start):
                yield f"is an archive of the kind {name}, which the gate cannot read"
        compressed = next((opened for start, opened in _OPENED.items() if start.match(content)), None)
        if compressed is not None:
            try:
                with compressed(BytesIO(content)) as file:
                    inner = self._read(file)
            except _UNREADABLE:
                yield "cannot be unpacked"
                return
            yield from self._inner(inner, depth, "")
        elif is_tar:
            yield from self._tar(content, depth)

    def _inner(self, content: bytes, depth: int, name: str) -> Iterator[str]:
        if not depth:
            raise _TooMuch
        yield from (f"has {name}, which {what}" if name else what for what in self.faults(content, depth - 1))

    def _read(self, file: IO[bytes] | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> bytes:
        found = file.read(self.left + 1)
        self.left -= len(found)
        if self.left < 0:
            raise _TooMuch
        return found

    def _zip(self, content: bytes, depth: int) -> Iterator[str]:
        found: dict[str, None] = {}
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                infos, directory = archive.infolist(), archive.start_dir
                for names in zip_names.readings(content, infos, directory):
                    found |= dict.fromkeys(misplaced(names))
                for info in infos:
                    with archive.open(info) as file:
                        within = self._if_archive(file, info.filename)
                    found |= dict.fromkeys(self._inner(within, depth, info.filename))
        except zip_names.Misleading as error:
            found[str(error)] = None
        except (*_UNREADABLE, NotImplementedError):
            yield "cannot be read as a zip file, which it looks like"
            return
        yield from found
        yield from (f"has a link, {i.filename}" for i in infos if stat.S_ISLNK(i.external_attr >> 16))

    def _tar(self, content: bytes, depth: int) -> Iterator[str]:
        found: dict[str, None] = {}
        try:
            with tarfile.open(fileobj=BytesIO(content), mode="r:") as archive:
                members = archive.getmembers()
                end = archive.offset
                for member in members:
                    file = archive.extractfile(member) if member.isreg() else None
                    if file is not None:
                        within = self._if_archive(file, member.name)
                        found |= dict.fromkeys(self._inner(within, depth, member.name))
        except _UNREADABLE:
            yield "cannot be read as a tar file, which it looks like"
            return
        yield from misplaced([member.name for member in members])
        for member in members:
            if not member.isreg() and not member.isdir():
                yield f"has a link or a device, {member.name}"
        if content[end:].strip(b"\0"):
            yield "has something behind its end"
        yield from found

    def _if_archive(self, file: IO[bytes], name: str) -> bytes:
        """The content of a member that may be an archive, by its beginning or its name."""
        head = file.read(_HEAD)
        self.left -= len(head)
        is_packed = head.startswith((b"PK", *_OTHERS)) or any(start.match(head) for start in _OPENED)
        return head + self._read(file) if is_packed or _is_tar(head) or _NAMED.fullmatch(name) else b""


def _is_tar(content: bytes) -> bool:
    """Whether content begins with a tar's header, whose checksum is right, or with its magic."""
    if content[257:262] == b"ustar":
        return True
    try:
        return bool(tarfile.TarInfo.frombuf(content[:_HEAD], "utf-8", "surrogateescape").name)
    except tarfile.TarError:
        return False
