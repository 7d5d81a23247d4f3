"""What counts as memory of functions, beside what their limits count."""

import mmap
import os
import sys

import pytest

from presso.local_aws import memory_guard

MB = 1 << 20
RESERVED = 0x4000  # MAP_NORESERVE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_tables_of_pages_count_though_the_pages_are_none() -> None:
    before = memory_guard.page_tables(str(os.getpid()))
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | RESERVED
    with mmap.mmap(-1, 4096 * MB, flags=flags, prot=mmap.PROT_READ) as mapping:
        mapping.madvise(mmap.MADV_NOHUGEPAGE)
        assert not any(mapping[place] for place in range(0, len(mapping), 2 * MB))
        assert memory_guard.page_tables(str(os.getpid())) - before >= 7 * MB
