"""Filling the machine's memory and disk, at most some gigabytes of it."""

import ctypes
import mmap
import os
import time

from attempts import own, succeeded, system_call

GB, MB = 1 << 30, 1 << 20
PAGE = 4096


def handler(event, context):
    if "together" in event:
        return together()
    if "deep" in event:
        leave_deep_folders()
    if "room" in event:
        return os.statvfs(own("")).f_ffree
    return {"could": succeeded(ATTEMPTS, event), "may": succeeded(MAY, event)}


def together():
    """Six processes of 700 MB each: each of them may, all of them may not."""
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            filled = touched(bytearray(700 * MB))
            time.sleep(8)
            os._exit(len(filled) % 1)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return "all were kept"


def touched(memory):
    for place in range(0, len(memory), PAGE):
        memory[place] = 1
    return memory


def in_pieces(event):
    pieces = [touched(bytearray(64 * MB)) for _ in range(32)]
    assert pieces


def mapped(flags, file=-1):
    return lambda event: touched(mmap.mmap(file, 2 * GB, flags=flags))


def from_a_device(event):
    touched(mmap.mmap(os.open("/dev/zero", os.O_RDWR), 2 * GB, flags=mmap.MAP_SHARED))


def in_a_memory_file(event):
    number = os.memfd_create("x")
    for _ in range(40):
        os.write(number, b"x" * (50 * MB))


def written(name, size):
    with open(own(name), "wb") as file:
        for _ in range(size // (10 * MB)):
            file.write(b"x" * (10 * MB))


def one_file(event):
    written("large", 300 * MB)


def files(event):
    """And their like stay behind: the next invocation has no more room than this."""
    for number in range(4):
        written(f"part-{number}", 200 * MB)


def sparse_file(event):
    os.truncate(os.open(own("sparse"), os.O_CREAT | os.O_RDWR), 64 * GB)


def allocated_file(event):
    os.posix_fallocate(os.open(own("allocated"), os.O_CREAT | os.O_RDWR), 0, 600 * MB)


def small_files(event):
    for number in range(60_000):
        os.mkdir(own(str(number)))


def leave_deep_folders():
    """Deeper than Python's own way of removing them goes."""
    os.chdir(own(""))
    for _ in range(3000):
        os.mkdir("a")
        os.chdir("a")


def on_the_stack(event):
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (8 * GB, 8 * GB))


def break_moved(event):
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    if libc.sbrk(ctypes.c_long(2 * GB)) == ctypes.c_void_p(-1).value:
        raise MemoryError


ATTEMPTS = {
    "two gigabytes at once": lambda event: touched(bytearray(2 * GB)),
    "two gigabytes in pieces": in_pieces,
    "two gigabytes of a mapping": mapped(mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS),
    "memory that grows as a stack": mapped(mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100),
    "shared memory": mapped(mmap.MAP_SHARED | mmap.MAP_ANONYMOUS),
    "shared memory from a device": from_a_device,
    "memory as a file": in_a_memory_file,
    "System V's shared memory": lambda event: system_call((29, 194), 0, 64 * MB, 0o1600),
    "System V's messages": lambda event: system_call((68, 186), 0, 0o1600),
    "POSIX's messages": lambda event: system_call((240, 180), b"x", os.O_CREAT | os.O_RDWR, 0o600, None),
    "secret memory": lambda event: system_call((447, 447), 0),
    "more data by moving the break": break_moved,
    "a higher limit": on_the_stack,
    "a file of 300 MB": one_file,
    "800 MB of files": files,
    "600 MB at once": allocated_file,
    "a file that seems to have 64 GB": sparse_file,
    "60,000 folders": small_files,
}
MAY = {
    "300 MB of memory": lambda event: touched(bytearray(300 * MB)),
    "a mapping of its own": lambda event: touched(
        mmap.mmap(-1, MB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    ),
}
