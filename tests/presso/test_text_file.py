"""Files in the encodings that editors write: read, or refused in words with the file and what it is."""

import io
import sys
from pathlib import Path

import pytest

from presso import text_file
from presso.errors import UsageError

WORDS = "Café\nOlé\n"


def read(tmp_path: Path, raw: bytes, **options: int) -> str:
    path = tmp_path / "file"
    path.write_bytes(raw)
    return text_file.read(path, "the file", **options)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(WORDS.encode(), id="UTF-8"),
        pytest.param(WORDS.encode("utf-8-sig"), id="with a byte order mark"),
        pytest.param(WORDS.replace("\n", "\r\n").encode(), id="with carriage returns"),
        pytest.param(WORDS.replace("\n", "\r").encode(), id="with carriage returns alone"),
    ],
)
def test_what_is_utf_8_is_read(tmp_path: Path, raw: bytes) -> None:
    assert read(tmp_path, raw) == WORDS


@pytest.mark.parametrize(
    ("raw", "reported"),
    [
        pytest.param(WORDS.encode("utf-16"), "it is UTF-16, not UTF-8", id="UTF-16 of this machine"),
        pytest.param(
            b"\xfe\xff" + WORDS.encode("utf-16-be"), "it is UTF-16, not UTF-8", id="the other UTF-16"
        ),
        pytest.param(WORDS.encode("utf-32"), "it is UTF-32, not UTF-8", id="UTF-32"),
        pytest.param(
            WORDS.encode("latin-1"),
            "it is not UTF-8: line 1 has the byte 0xE9, as in Latin-1 or Windows-1252",
            id="Latin-1",
        ),
        pytest.param(
            b"\xef\xbb\xbf" + "a\né".encode("latin-1"),
            "it is not UTF-8: line 2 has the byte 0xE9, as in Latin-1 or Windows-1252",
            id="Latin-1 after a byte order mark",
        ),
        pytest.param(b"a\n\x81", "it is not UTF-8: line 2 has the byte 0x81", id="neither"),
        pytest.param(b"a\nb\0", "line 2 has a NUL byte, so it is not a text file", id="NUL"),
    ],
)
def test_other_bytes_are_refused_with_what_they_are(tmp_path: Path, raw: bytes, reported: str) -> None:
    with pytest.raises(UsageError) as error:
        read(tmp_path, raw)
    assert error.value.message == f"the file cannot be read: {reported}."
    assert error.value.hint.startswith("Save it as UTF-8")


def test_a_file_has_a_largest_size(tmp_path: Path) -> None:
    assert read(tmp_path, b"1234", most=4) == "1234"
    with pytest.raises(UsageError, match="larger than 1 KB"):
        read(tmp_path, b"a" * 1025, most=1024)


def test_what_has_no_end_is_not_read_to_its_end() -> None:
    with pytest.raises(UsageError, match="larger than 1 MB"):
        text_file.read_named("/dev/zero", 1024 * 1024)


@pytest.mark.parametrize(("name", "reported"), [("nothere", "No such file"), (".", "Is a directory")])
def test_what_is_not_a_file_is_named(tmp_path: Path, name: str, reported: str) -> None:
    with pytest.raises(UsageError, match=f"^it cannot be read: {reported}"):
        text_file.read(tmp_path / name, "it")


def test_standard_input_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WORDS.encode("utf-8-sig"))))
    assert text_file.read_named("-") == WORDS
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WORDS.encode("latin-1"))))
    with pytest.raises(UsageError, match="Standard input cannot be read: it is not UTF-8: line 1"):
        text_file.read_named("-")
