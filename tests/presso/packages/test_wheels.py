"""What pip prints is turned into the cause, with the dependency's name; of wheels no more is unpacked."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from presso.packages import contents, requirements_lock, wheels
from presso.packages.faults import Uninstallable
from presso.packages.platforms import Platform

PINS = requirements_lock.read(f"fast==1.0 --hash=sha256:{'0' * 64}", "src/requirements.txt")
NONE = "ERROR: No matching distribution found for fast==1.0\n"


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (NONE, "fast==1.0 is not in the package index"),
        (
            f"WARNING: Retrying after connection broken by 'NewConnectionError(…)'\n{NONE}",
            "cannot be reached",
        ),
        (f"  Skipping link: https://x/fast-1.0.tar.gz\n{NONE}", "fast==1.0 is a source distribution only"),
        (f"  Skipping link: https://x/fast-0.9-py3-none-any.whl\n{NONE}", "is not in the package index"),
        (f"Skipping: https://x/fast-1-cp38-cp38-win32.whl\n{NONE}", "it has wheels for cp38-cp38-win32"),
        ("ERROR: Could not install: disk full\n", "pip cannot download the dependencies: Could not install"),
        ("", "pip cannot download the dependencies: no output"),
    ],
)
def test_the_cause_is_named(output: str, found: str) -> None:
    fault = wheels._fault(output, PINS, Platform("python3.13", "arm64"), "src/requirements.txt")
    assert found in fault.found
    assert fault.file == "src/requirements.txt"


def test_no_more_of_a_wheel_is_unpacked_than_its_size() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fast.py", bytes(16 << 20))
    content = bytearray(packed.getvalue())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<L", 10)  # its size
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (info,) = archive.infolist()
        tracemalloc.start()
        with pytest.raises(Uninstallable, match=r"fast==1\.0 has a file that cannot be unpacked, fast\.py"):
            contents.unpacked(archive, info, "fast==1.0", "src/requirements.txt")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 1 << 20
