"""What archives among an extension's files hold."""

import gzip
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tests.presso.gate.conftest import Case

from presso.gate.gate import Gate


def zipped(*entries: str | zipfile.ZipInfo) -> bytes:
    """A zip file with these entries."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for entry in entries:
            archive.writestr(entry, "text")
    return content.getvalue()


def in_front(name: str) -> bytes:
    """A zip file with another name before the content than in its directory."""
    return zipped("x" * len(name)).replace(b"x" * len(name), name.encode(), 1)


def in_unicode(name: str) -> zipfile.ZipInfo:
    """An entry with another name in Unicode."""
    info, field = zipfile.ZipInfo("a.py"), struct.pack("<BL", 1, zlib.crc32(b"a.py")) + name.encode()
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    return info


def link(name: str) -> zipfile.ZipInfo:
    """An entry that is a link."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def tarred(*entries: str | tarfile.TarInfo, content: bytes = b"text") -> bytes:
    """A tar file with these entries."""
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, BytesIO(content))
    return made.getvalue()


def linked(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """An entry of a tar file that is a link."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def within(content: bytes, name: str = "inner.zip") -> bytes:
    """A zip file with this one in it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def found(static_gate: Gate, tmp_path: Path) -> Callable[[bytes], list[str]]:
    """`found(content)` is what S-022 finds in an extension with this file."""

    def check(content: bytes) -> list[str]:
        root = Case("packed", "", "drinks", {}).write(tmp_path)
        (root / "layer.zip").write_bytes(content)
        findings = static_gate.check(str(root)).findings
        return [finding.found for finding in findings if finding.check.id == "S-022"]

    return check


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped("a.py", "../b.py"), "leads out of it: ../b.py"),
        (zipped("/etc/profile"), "leads out of it: /etc/profile"),
        (zipped("c:\\x.py"), "leads out of it"),
        (zipped("a.py", "./a.py"), "has a.py 2 times"),
        (zipped("a.py", link("b.py")), "has a link, b.py"),
        (b"PK\x03\x04 and no more", "cannot be read as a zip file"),
        (in_front("../a.py"), "has another name before the content of xxxxxxx"),
        (zipped(in_unicode("../a.py")), "leads out of it: ../a.py"),
        (zipped("hidden.py") + zipped("a.py"), "has data that its directory does not list, before a.py"),
        (b"#!/usr/bin/env python3\n" + zipped("a.py"), "its directory does not list, before a.py"),
        (b"#!/usr/bin/env python3\n" + zipped(), "its directory does not list, at its end"),
        (tarred("a.py", "../../b.py"), "leads out of it: ../../b.py"),
        (gzip.compress(tarred("/etc/profile")), "leads out of it: /etc/profile"),
        (gzip.compress(tarred("a.py", "./a.py")), "has a.py 2 times"),
        (tarred(linked("a.py", "/etc/passwd")), "has a link or a device, a.py"),
        (tarred("a.py", linked("b.py", "a.py", tarfile.LNKTYPE)), "has a link or a device, b.py"),
        (tarred(linked("null", "", tarfile.CHRTYPE)), "has a link or a device, null"),
        (tarred("a.py") + tarred("../b.py"), "has something behind its end"),
        (gzip.compress(b"text")[:-4], "cannot be unpacked"),
        (within(zipped("../b.py")), "has inner.zip, which has a file that leads out of it: ../b.py"),
        (
            within(within(gzip.compress(tarred("../b.py"))), "inner.bin"),
            "which has inner.zip, which has a file",
        ),
        (tarred("inner.whl", content=zipped("../b.py")), "has inner.whl, which has a file"),
        (b"7z\xbc\xaf'\x1c" + bytes(40), "is an archive of the kind 7z"),
        (within(b"Rar!\x1a\x07\x01\0" + bytes(40)), "which is an archive of the kind rar"),
    ],
    ids=[
        *("a file above", "from the root", "of a drive", "a name twice", "a link", "no zip file"),
        *("two names", "a name in Unicode", "two in one file", "behind a program", "empty behind a program"),
        *("a tar above", "a tar from the root", "a tar's name twice", "a tar's link", "a tar's other link"),
        *("a tar's device", "two tars in one", "a part of one", "a zip in a zip", "a tar in a zip in a zip"),
        *("a wheel in a tar", "a kind that is not read", "such a kind in a zip"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_file_whose_names_mislead_is_refused(
    content: bytes, words: str, found: Callable[[bytes], list[str]]
) -> None:
    (sentence,) = found(content)
    assert words in sentence


# Not among the cases above, which each process makes.
def test_a_bomb_is_refused(found: Callable[[bytes], list[str]]) -> None:
    (sentence,) = found(gzip.compress(bytes(65 << 20)))
    assert "unpacks to more than 64 MB" in sentence


def test_a_zip_file_with_files_and_folders_is_not(found: Callable[[bytes], list[str]]) -> None:
    assert found(zipped("python/", "python/a.py", "python/..a.py", "café.py", in_unicode("a.py"))) == []


@pytest.mark.parametrize(
    "content",
    [
        tarred("a/", "a/b.py", "a/..b.py"),
        gzip.compress(tarred("a.py")),
        gzip.compress(b"text"),
        tarred("inner.whl", content=zipped("a.py")),
        within(within(zipped("a.py"))),
        b"PK is how this text begins",
        b"BZh",
    ],
    ids=[
        "a tar",
        "one that is packed",
        "a packed text",
        "a wheel in it",
        "zips in zips",
        "a text",
        "letters",
    ],
)
def test_an_archive_that_does_not_mislead_is_not_refused(
    content: bytes, found: Callable[[bytes], list[str]]
) -> None:
    assert found(content) == []


@pytest.mark.parametrize(
    "name",
    [
        "docs/\u043c\u0435\u043d\u044e.md",
        "caf\u00e9.md",
        "\u30e1\u30cb\u30e5\u30fc.txt",
        "gr\u00f6\u00dfe.png",
    ],
)
def test_a_text_may_be_named_in_any_language(name: str, static_gate: Gate, tmp_path: Path) -> None:
    root = Case("named", "", "drinks", {name: "text\n", "docs/note.md": "text\n"}).write(tmp_path)
    assert not static_gate.check(str(root)).findings


def test_a_zip_file_that_was_written_without_looking_back_is_not(
    found: Callable[[bytes], list[str]],
) -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    content = Pipe()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("a.py", "b.py"):
            archive.writestr(name, "text")
    assert found(content.getvalue()) == []
