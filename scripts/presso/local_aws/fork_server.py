"""Start Python functions as copies of this process: `fork_server.py CHANNEL [boto3]`.

CHANNEL is a socket of the emulator's (`presso.local_aws.function_forks`). Most of the time in which a
function starts, Python starts, and imports boto3 and reads descriptions of services for it; here that is done
once, the latter with `boto3`. This process has nothing else: no code of a function, no credentials, no
sockets but that one. Each function is a child, and confined as `presso.linux.runner` confines a program.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import select
import signal
import socket
import sys
import time
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

if __name__ == "__main__":
    # As for a function: what lies beside this file is none of its modules.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120

from presso.linux import namespaces, runner

_LONGEST_REQUEST = 1 << 20
_STREAMS = 3
_NOT_STARTED = 1
# What most functions call.
_SERVICES = ("dynamodb", "events")
_BARE = frozenset(sys.modules)  # packages that the interpreter itself has imported
# The emulator looks at the import of this one (`emulator_patches/function_starts.py`).
_WATCHED = "botocore.handlers"
Request = dict[str, Any]


def main(channel: socket.socket, *, boto3: bool) -> tuple[Request, list[int], _Packages]:
    """Serve until the emulator ends.

    Returns:
        In each child: what it is to run, its three streams, and the packages that are imported already.
    """
    gc.disable()
    if boto3:
        _import_boto3()
    parent = os.getpid()
    names = {name.partition(".")[0] for name in sys.modules} - {"__main__", "presso"}
    packages = _Packages()
    channel.send(marshal.dumps(sorted(names)))
    gc.collect()
    gc.freeze()
    gc.enable()
    ended, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    while True:
        ready = select.select([channel.fileno(), ended], [], [])[0]
        if ended in ready:
            os.read(ended, 4096)
            _report(channel, children)
        if channel.fileno() in ready:
            text, streams, _, _ = socket.recv_fds(channel, _LONGEST_REQUEST, _STREAMS)
            if not text:  # the emulator has ended; its functions do, too
                os._exit(0)
            request = marshal.loads(text)  # noqa: S302  # presso's own
            if "signal" in request:
                _signal(children, request)
            elif _forked(channel, children, request["id"], streams):
                request["parent"] = parent
                return request, streams, packages


def _forked(channel: socket.socket, children: dict[int, int], number: int, streams: list[int]) -> bool:
    """Start a function's process; return whether this is it.

    Where the system has no room for another process, this start fails, with the cause in the function's log.
    """
    try:
        child = os.fork()
    except OSError as error:
        cause = f"The function's process cannot be started: {error.strerror}.\n"
        with contextlib.suppress(OSError):  # it has been given up already
            os.write(streams[-1], cause.encode())
        channel.send(marshal.dumps((number, _NOT_STARTED)))
    else:
        if child == 0:
            return True
        children[child] = number
    for stream in streams:
        os.close(stream)
    return False


def _import_boto3() -> None:
    import boto3
    from botocore.loaders import JSONFileLoader, Loader

    read: dict[str, Any] = {}
    listed: dict[tuple[str, ...], list[str]] = {}
    original = JSONFileLoader.load_file
    original_list = Loader.list_available_services

    def load_file(self: Any, path: str) -> Any:
        # Sessions share them already: nothing changes what was read.
        if path not in read:
            read[path] = original(self, path)
        return read[path]

    def list_available_services(self: Any, type_name: str) -> list[str]:
        # Looks into a folder of each service: half of what a session's first client takes.
        key = (type_name, *self._potential_locations())
        if key not in listed:
            listed[key] = original_list(self, type_name)
        return listed[key][:]

    JSONFileLoader.load_file = load_file
    Loader.list_available_services = list_available_services
    session = boto3.Session(
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106
    )
    for service in _SERVICES:
        session.client(service)


def _report(channel: socket.socket, children: dict[int, int]) -> None:
    """Report which functions have ended, and how."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        channel.send(marshal.dumps((children.pop(pid), os.waitstatus_to_exitcode(status))))


def _signal(children: dict[int, int], request: Request) -> None:
    for pid, number in children.items():
        if number == request["id"]:
            os.kill(pid, request["signal"])


class _Packages:
    """Gives a function the packages that are imported already, when it imports the first of them.

    Until then `sys.modules` has none of them, from the moment at which this is made; then it has all, as
    after an import of boto3.
    """

    def __init__(self) -> None:
        tops = {name.partition(".")[0] for name, module in sys.modules.items() if _is_installed(module)}
        names = [name for name in sys.modules if name not in _BARE and name.partition(".")[0] in tops]
        self._modules = {name: sys.modules.pop(name) for name in names}

    def offer(self) -> None:
        """Let imports find them."""
        if self._modules:
            sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Describe a module, where it is one of these."""
        module = self._modules.get(name)
        real = getattr(module, "__spec__", None)
        if module is None or real is None:
            return None
        loader: Any = _Imported(self, module, real)
        spec = ModuleSpec(name, loader, origin=real.origin)
        spec.submodule_search_locations = real.submodule_search_locations
        return spec

    def show(self) -> None:
        """Put all of them into `sys.modules`."""
        for name, module in self._modules.items():
            if name != _WATCHED:
                sys.modules.setdefault(name, module)
        import_module(_WATCHED)
        if self in sys.meta_path:
            sys.meta_path.remove(self)


class _Imported:
    """The loader of a module that has been imported."""

    def __init__(self, packages: _Packages, module: ModuleType, spec: ModuleSpec) -> None:
        self._packages = packages
        self._module = module
        self._spec = spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: that has been done."""
        module.__spec__ = self._spec
        if module.__name__ != _WATCHED:
            self._packages.show()


def _is_installed(module: ModuleType) -> bool:
    return "site-packages" in (getattr(module, "__file__", None) or "")


def become(request: Request, streams: list[int], packages: _Packages) -> Any:
    """Become a function's process; returns its program, compiled."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(name) >= _STREAMS:
            with contextlib.suppress(OSError):  # the one that lists them
                os.close(int(name))
    namespaces.die_with_parent(request["parent"])
    os.chdir(request["folder"])
    program: list[str] = request["program"]
    runner.go_on(request["limits"], program)
    # Not before: a variable such as TZ has a library read a file.
    own = {name: os.environ[name] for name in ("LC_CTYPE",) if name in os.environ}  # set by Python itself
    os.environ.clear()
    os.environ.update({**own, **request["environment"]})
    time.tzset()
    path = program[-1]
    sys.argv, sys.orig_argv = [path], program
    sys.path[0] = os.path.dirname(path)  # noqa: PTH120
    for name in [name for name in sys.modules if name.partition(".")[0] == "presso"]:
        del sys.modules[name]
    packages.offer()
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return compile(file.read(), path, "exec")


if __name__ == "__main__":
    _own = sys.modules["__main__"]
    _code = become(*main(socket.socket(fileno=int(sys.argv[1])), boto3="boto3" in sys.argv[2:]))
    sys.modules["__main__"] = _module = type(sys)("__main__")
    _module.__file__ = _code.co_filename
    _module.__builtins__ = __builtins__  # type: ignore[attr-defined]
    exec(_code, vars(_module))  # noqa: S102
