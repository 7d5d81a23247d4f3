"""What the system refuses is an error about a file, not a bug."""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso import file_errors

if TYPE_CHECKING:
    from tests.presso.conftest import Small


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EACCES, "its owner"),
        (errno.EPERM, "its owner"),
        (errno.EROFS, "not read-only"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.ENOTDIR, "is a file"),
        (errno.ELOOP, "leads back"),
        (errno.EIO, "damaged"),
    ],
)
def test_the_file_is_named_with_the_way_out(number: int, hint: str) -> None:
    reported = file_errors.in_words(OSError(number, os.strerror(number), "/a/file"))
    assert reported
    assert reported.message == f"/a/file: {os.strerror(number)}."
    assert hint in reported.hint


def test_a_full_disk_is_named_by_its_folder(tmp_path: Path) -> None:
    reported = file_errors.in_words(OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "file")))
    assert reported
    assert str(tmp_path) in reported.message


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EACCES, "Permission denied"),
        OSError(errno.EBADF, "Bad file descriptor", "/a/file"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/a/file"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        ValueError("a"),
    ],
)
def test_others_may_be_bugs(error: Exception) -> None:
    assert file_errors.in_words(error) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        f"catalog code OrderManager.MakeOrder --out {'9' * 300}",
        f"catalog infer {'9' * 300}",
        f"--home {'9' * 300} status",
    ],
)
def test_a_name_that_is_too_long_is_one_error(small: "Small", command: str) -> None:
    done = small.presso(*command.split())
    assert done.returncode in (1, 2)
    first, _, rest = done.stderr.partition("\n")
    assert first.startswith("Error: ")
    assert len(first) < 500
    assert rest.startswith("Hint: ")
    assert "bug" not in done.stderr
