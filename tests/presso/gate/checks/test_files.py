"""What zip files among an extension's files hold."""

import stat
import struct
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
    ],
    ids=[
        *("a file above", "from the root", "of a drive", "a name twice", "a link", "no zip file"),
        *("two names", "a name in Unicode", "two in one file", "behind a program", "empty behind a program"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_file_whose_names_mislead_is_refused(
    content: bytes, words: str, found: Callable[[bytes], list[str]]
) -> None:
    (sentence,) = found(content)
    assert words in sentence


def test_a_zip_file_with_files_and_folders_is_not(found: Callable[[bytes], list[str]]) -> None:
    assert found(zipped("python/", "python/a.py", "python/..a.py", "café.py", in_unicode("a.py"))) == []


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
