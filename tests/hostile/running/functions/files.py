"""Reading, changing and watching files of others, by any way there."""

import ctypes
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import tempfile

from attempts import own, succeeded, system_call


def handler(event, context):
    return {"could": succeeded(ATTEMPTS, event), "may": succeeded(MAY, event)}


def read(path):
    return open(path, "rb").read()


def by_a_link(event):
    os.symlink(event["secret_file"], own("link"))
    read(own("link"))


def by_a_hard_link(event):
    os.link("/etc/passwd", own("passwd"))


def by_a_handle(event):
    handle = (ctypes.c_char * 16)()
    system_call((304, 265), -100, ctypes.byref(handle), 0)


def by_climbing(event):
    read("../" * 30 + event["secret_file"].lstrip("/"))


def by_a_folder_that_was_left_open(event):
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and stat.S_ISDIR(os.fstat(int(name)).st_mode):
            os.open(event["secret_file"].lstrip("/"), os.O_RDONLY, dir_fd=int(name))
            return
    raise OSError("there is none")


def sockets_that_were_left_open(event):
    for number in range(3, 200):
        try:
            kind = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISSOCK(kind):
            return
    raise OSError("there is none")


def others_folders(event):
    above = os.path.dirname(os.path.dirname(os.getcwd()))
    others = set(os.listdir(above)) - {os.path.basename(os.path.dirname(os.getcwd())), "node_modules"}
    if not others:
        raise OSError("there is none")


def watched(path):
    def watch(event):
        number = ctypes.CDLL(None, use_errno=True).inotify_init1(0)
        if number < 0 or ctypes.CDLL(None).inotify_add_watch(number, os.fsencode(path(event)), 0xFFF) < 0:
            raise OSError("it cannot be watched")

    return watch


def listed(path):
    return lambda event: os.listdir(path)


def secret(call):
    return lambda event: call(event["secret_file"])


def device(name, major, minor):
    return lambda event: os.mknod(own(name), stat.S_IFCHR | 0o666, os.makedev(major, minor))


def made_root_s(event):
    shutil.copy("/bin/true", own("true"))
    os.chown(own("true"), 0, 0)


ATTEMPTS = {
    "the secret": secret(read),
    "that the secret is there": secret(os.stat),
    "to change the secret's mode": secret(lambda path: os.chmod(path, 0o777)),
    "to change the secret's time": secret(os.utime),
    "to remove the secret": secret(os.unlink),
    "to write beside the secret": secret(lambda path: open(path + "-2", "w")),
    "a program that reads the secret": secret(lambda path: subprocess.run(["/bin/cat", path], check=True)),
    "the secret by a link": by_a_link,
    "a hard link to a file of the system": by_a_hard_link,
    "the secret by climbing": by_climbing,
    "the secret by the first process's root": secret(lambda path: read("/proc/1/root" + path)),
    "the secret by an own root": secret(lambda path: read("/proc/self/root" + path)),
    "the secret by a handle": by_a_handle,
    "the secret by an open folder": by_a_folder_that_was_left_open,
    "an open socket": sockets_that_were_left_open,
    "to watch the secret": watched(lambda event: event["secret_file"]),
    "to watch the system": watched(lambda event: "/usr"),
    "to watch its own": watched(lambda event: own("")),
    "other functions' folders": others_folders,
    "the emulator's data": listed("/space/state"),
    "the emulator's objects": listed("/space/s3"),
    "the homes": listed("/home"),
    "root's home": listed("/root"),
    "what runs": listed("/run"),
    "what is kept": listed("/var"),
    "the control groups": listed("/sys/fs/cgroup"),
    "the machine's devices": listed("/sys/class/net"),
    "the passwords": lambda event: read("/etc/shadow"),
    "the machine's id": lambda event: read("/etc/machine-id"),
    "the container engine": lambda event: os.stat("/var/run/docker.sock"),
    "to write into the system": lambda event: open("/usr/x", "w"),
    "to write into the root": lambda event: open("/x", "w"),
    "to change its own code": lambda event: open(__file__, "a"),
    "to change what starts it": lambda event: open("../_worker.py", "a"),
    "the memory's device": lambda event: open("/dev/mem", "rb"),
    "the terminal": lambda event: open("/dev/tty", "w"),
    "the kernel's log": lambda event: open("/dev/kmsg", "w"),
    "memory from a device": lambda event: open("/dev/zero", "rb"),
    "a device of its own": device("kmsg", 1, 11),
    "a socket in a folder": lambda event: socket.socket(socket.AF_UNIX).bind(own("socket")),
    "a file of root's": made_root_s,
}
MAY = {
    "its code": lambda event: read(__file__),
    "a temporary file": lambda event: tempfile.NamedTemporaryFile(),
    "a file in /tmp": lambda event: open("/tmp/own", "w").write("x"),
    "a database": lambda event: sqlite3.connect("/tmp/own.db").execute("create table x (y)"),
    "nothing": lambda event: open("/dev/null", "w").write("x"),
    "chance": lambda event: os.urandom(8),
}
