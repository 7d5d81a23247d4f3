"""The size of a folder while other programs write and remove files in it."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from presso import folder_size

pytestmark = pytest.mark.slow


def test_a_folder_is_measured_while_its_files_come_and_go(tmp_path: Path) -> None:
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            (tmp_path / "folder").mkdir()
            (tmp_path / "folder" / "file").write_bytes(b"x")
            shutil.rmtree(tmp_path / "folder")

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        sizes = [folder_size.measured(tmp_path) for _ in range(2000)]
    finally:
        ended.set()
        other.join()
    assert max(sizes) < 1 << 20


def test_a_second_ctrl_c_does_not_end_a_removal_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, seen = tmp_path / "rm", tmp_path / "group"
    program.write_text(f"#!{sys.executable}\nimport os\nopen({str(seen)!r}, 'w').write(str(os.getpgid(0)))\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folder_size.remove(tmp_path / "folder")
    assert int(seen.read_text()) != os.getpgid(0)


@pytest.fixture
def deep() -> Iterator[Path]:
    """A folder that pytest need not remove: before Python 3.13 it cannot when it is this deep."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_folder_is_measured_and_removed_however_deep_it_is(deep: Path) -> None:
    (deep / "file").write_bytes(b"x" * 100_000)
    handle = os.open(deep, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a", dir_fd=handle)
        below = os.open("a", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    assert folder_size.measured(deep) >= 100_000
    folder_size.remove(deep)
    assert not deep.exists()
