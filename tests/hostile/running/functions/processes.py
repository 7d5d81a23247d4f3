"""Looking at, changing and ending other processes, and leaving some behind."""

import contextlib
import ctypes
import os
import resource
import subprocess
import sys
import threading
import time

from attempts import succeeded, system_call

USER_NAMESPACE, CHILD_SIGNAL = 0x10000000, 17
WANTED = ctypes.byref((ctypes.c_uint64 * 11)(USER_NAMESPACE))
MOST_PROCESSES = 200  # that are tried


def handler(event, context):
    if "daemon" in event:
        leave_a_daemon(event["daemon"])
        return "left"
    return {"could": succeeded(ATTEMPTS, event), "may": succeeded(MAY, event)}


def leave_a_daemon(mark):
    """Start a process that has no parent, no terminal and no session of the function's."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(3):
                os.close(number)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(120)", mark])
        os._exit(0)


def of_the_victim(name):
    return lambda event: open(f"/proc/{event['victim']}/{name}", "rb").read()


def any_other(event):
    mine = {1, os.getpid(), os.getppid()}
    if not {int(name) for name in os.listdir("/proc") if name.isdecimal()} - mine:
        raise OSError("there is no other")


def environments(event):
    """All environments that there are, but for its own processes'."""
    found = b""
    for name in filter(str.isdecimal, os.listdir("/proc")):
        found += open(f"/proc/{name}/environ", "rb").read()
    if event["secret"].encode() not in found:
        raise OSError("it is in none")


def written(path, text):
    def write(event):
        with open(path, "w") as file:
            file.write(text)

    return write


def many_processes(event):
    """Each lives for seconds, and ends by itself."""
    for _ in range(MOST_PROCESSES):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)


def bomb(event):
    """Eight generations, so 256 processes, that end by themselves."""
    first, (ends, reported) = os.getpid(), os.pipe()
    for _ in range(8):
        with contextlib.suppress(OSError):
            os.fork()
    os.write(reported, b"x")
    time.sleep(2)
    if os.getpid() != first:
        os._exit(0)
    if len(os.read(ends, 1024)) < 100:
        raise OSError("the kernel made fewer")


def many_threads(event):
    gone = threading.Event()
    for _ in range(MOST_PROCESSES):
        threading.Thread(target=gone.wait, daemon=True).start()


def many_files(event):
    opened = [open("/dev/null") for _ in range(2000)]
    assert opened


def victim(call):
    return lambda event: call(event["victim"])


def number(numbers, *arguments):
    return lambda event: system_call(numbers, *arguments)


ATTEMPTS = {
    "to see any other": any_other,
    "the victim's environment": of_the_victim("environ"),
    "the victim's command": of_the_victim("cmdline"),
    "the victim's memory": of_the_victim("mem"),
    "the victim's limits": of_the_victim("limits"),
    "any environment with a secret": environments,
    "the first process's root": lambda event: os.listdir("/proc/1/root/home"),
    "to ask whether the victim lives": victim(lambda pid: os.kill(pid, 0)),
    "to end the victim": victim(lambda pid: os.kill(pid, 15)),
    "to end the victim's group": victim(lambda pid: os.killpg(pid, 15)),
    "to end the emulator": lambda event: os.kill(event["emulator"], 0),
    "to stop the gate": lambda event: os.kill(event["gate"], 0),
    "to trace the victim": victim(lambda pid: system_call((101, 117), 16, pid, 0, 0)),
    "to trace its first process": number((101, 117), 16, 1, 0, 0),
    "to read the victim's memory": victim(lambda pid: system_call((310, 270), pid, None, 0, None, 0, 0)),
    "to hold the victim": victim(os.pidfd_open),
    "to slow the victim": victim(lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19)),
    "to change the victim's limits": victim(lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE)),
    "to bind the victim": victim(lambda pid: os.sched_setaffinity(pid, {0})),
    "to raise its own limits": lambda event: resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096)),
    "to be ended later than others": written("/proc/self/oom_score_adj", "-1000"),
    "a program for crashes": written("/proc/sys/kernel/core_pattern", "|/bin/true"),
    "the machine's name": written("/proc/sys/kernel/hostname", "x"),
    "SysRq": written("/proc/sysrq-trigger", "h"),
    "a namespace": number((272, 97), USER_NAMESPACE),
    "a process in a namespace": number((56, 220), USER_NAMESPACE | CHILD_SIGNAL, 0, 0, 0, 0),
    "a process in a namespace, the new way": number((435, 435), WANTED, 88),
    "another's namespace": lambda event: system_call((308, 268), os.open("/proc/1/ns/net", os.O_RDONLY), 0),
    "to mount": number((165, 40), b"none", b"/tmp", b"tmpfs", 0, None),
    "to change the root": number((161, 51), b"/tmp"),
    "BPF": number((321, 280), 0, None, 0),
    "kernel keys": number((250, 219), 0, -3, 0),
    "to look at performance": number((298, 241), None, 0, -1, -1, 0),
    "io_uring": number((425, 425), 4, None),
    "to handle page faults": number((323, 282), 0),
    "a kernel module": number((175, 105), None, 0, b""),
    "to swap": number((167, 224), b"/tmp/swap", 0),
    "to compare with the victim": victim(lambda pid: system_call((312, 272), os.getpid(), pid, 1, 0, 0)),
    "the kernel's log": number((103, 116), 10, None, 0),
    "two hundred processes": many_processes,
    "a bomb of processes": bomb,
    "two hundred threads": many_threads,
    "two thousand files": many_files,
}
MAY = {
    "a program": lambda event: subprocess.run(["/bin/true"], check=True),
    "twenty threads": lambda event: [
        threading.Thread(target=time.sleep, args=(0.1,)).start() for _ in range(20)
    ],
    "its own status": lambda event: open("/proc/self/status").read(),
    "the machine's memory": lambda event: open("/proc/meminfo").read(),
}
