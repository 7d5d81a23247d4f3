"""archive_file: the same bytes from the same files, and only the files that were asked for."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from offline_aws.aws import Aws
from offline_aws.configuration import Caller, Configuration
from offline_aws.handler_values import ResourceError
from offline_aws.schema import load
from offline_aws.services.archive import DATA_SOURCES
from offline_aws.values import conform

BLOCK = load("archive").data_sources["archive_file"]["block"]


def archive(folder: Path, **arguments: Any) -> dict[str, Any]:
    values = conform({"type": "zip", "output_path": "out/a.zip", **arguments}, BLOCK)
    return DATA_SOURCES["archive_file"].read(Aws(Configuration({}, Caller(folder)), "us-east-1"), values)


def names(folder: Path) -> list[str]:
    with zipfile.ZipFile(folder / "out" / "a.zip") as found:
        return found.namelist()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in (
        "src/b.py",
        "src/a.py",
        "src/lib/c.py",
        "src/__pycache__/a.pyc",
        "src/lib/__pycache__/c.pyc",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path


def test_names_are_sorted_and_hashes_are_of_the_file(source: Path) -> None:
    found = archive(source, source_dir="src")
    assert names(source) == ["__pycache__/a.pyc", "a.py", "b.py", "lib/__pycache__/c.pyc", "lib/c.py"]
    content = (source / "out" / "a.zip").read_bytes()
    assert found["output_size"] == len(content)
    assert found["output_sha256"] == hashlib.sha256(content).hexdigest()
    assert found["output_base64sha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert found["output_base64sha512"] == base64.b64encode(hashlib.sha512(content).digest()).decode()
    assert found["output_md5"] == hashlib.md5(content).hexdigest()
    assert found["id"] == found["output_sha"] == hashlib.sha1(content).hexdigest()


def test_times_do_not_count(source: Path) -> None:
    first = archive(source, source_dir="src")
    for file in (source / "src").rglob("*.py"):
        os.utime(file, (0, 0))
    assert archive(source, source_dir="src") == first


@pytest.mark.parametrize("mode", ["0644", "755"])
def test_a_mode_makes_the_files_own_mode_not_count(source: Path, mode: str) -> None:
    first = archive(source, source_dir="src", output_file_mode=mode)
    (source / "src" / "a.py").chmod(0o700)
    assert archive(source, source_dir="src", output_file_mode=mode) == first
    with zipfile.ZipFile(source / "out" / "a.zip") as found:
        assert {info.external_attr >> 16 & 0o777 for info in found.infolist()} == {int(mode, 8)}


@pytest.mark.parametrize(
    ("excludes", "left"),
    [
        (["__pycache__"], ["a.py", "b.py", "lib/__pycache__/c.pyc", "lib/c.py"]),
        (["**/__pycache__"], ["a.py", "b.py", "lib/c.py"]),
        (["**/__pycache__/**"], ["a.py", "b.py", "lib/c.py"]),
        (["**/*.pyc", "lib/**"], ["a.py", "b.py"]),
        (["*.py"], ["__pycache__/a.pyc", "lib/__pycache__/c.pyc", "lib/c.py"]),
        (["lib/c.py"], ["__pycache__/a.pyc", "a.py", "b.py", "lib/__pycache__/c.pyc"]),
    ],
    ids=str,
)
def test_excluded_files_stay_out(source: Path, excludes: list[str], left: list[str]) -> None:
    archive(source, source_dir="src", excludes=excludes)
    assert names(source) == left


def test_a_file_and_contents_can_be_archived(source: Path) -> None:
    archive(source, source_file="src/a.py")
    assert names(source) == ["a.py"]
    archive(source, source_content="hello", source_content_filename="x/y.txt")
    assert names(source) == ["x/y.txt"]
    archive(source, source=[{"filename": "b", "content": "2"}, {"filename": "a", "content": "1"}])
    assert names(source) == ["a", "b"]


def test_a_tar_is_deterministic_too(source: Path) -> None:
    first = archive(source, source_dir="src", type="tar.gz", output_path="a.tar.gz")
    assert archive(source, source_dir="src", type="tar.gz", output_path="a.tar.gz") == first
    with tarfile.open(fileobj=io.BytesIO((source / "a.tar.gz").read_bytes())) as found:
        assert found.getnames()[1:3] == ["a.py", "b.py"]


def test_linked_folders_can_be_left_out(source: Path) -> None:
    (source / "src" / "link").symlink_to(source / "src" / "lib")
    archive(source, source_dir="src", excludes=["**/__pycache__"])
    assert names(source) == ["a.py", "b.py", "lib/c.py", "link/c.py"]
    archive(source, source_dir="src", excludes=["**/__pycache__"], exclude_symlink_directories=True)
    assert names(source) == ["a.py", "b.py", "lib/c.py"]


@pytest.mark.parametrize("argument", ["source_dir", "source_file"])
def test_what_is_not_there_is_an_error_that_names_it(tmp_path: Path, argument: str) -> None:
    with pytest.raises(ResourceError, match=f"{tmp_path}/nowhere") as refused:
        archive(tmp_path, **{argument: "nowhere"})
    assert refused.value.path == argument
    assert not (tmp_path / "out").exists()
