"""Functions: each confined to its own folder; untrusted ones with keys that cannot be guessed.

The emulator alone runs functions with all rights of its own user, and derives a function's keys from
the names of the function and its role, so that any function can compute any other's. It also looks through
its table of sessions in each thread that starts a function, while others add to it.

Functions of the user's own local AWS run an author's code, too, from the apply on (SnapStart). They are in
boxes where the system gives any, and else confined by Landlock.
"""

import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from presso import confinement
from presso.confinement import DEVICES, MOST_MEMORY, Limits, environment_inside
from presso.local_aws import emulator_sandbox, nodejs
from presso.local_aws.emulator_patches import javascript
from presso.local_aws.emulator_patches.internals import Json, Patches
from presso.local_aws.function_forks import Forked, ForkServers

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "shutil", "subprocess", execution_credentials="config")
PATCHES.uses(lambda_svc, "subprocess", ensure_spawned="worker", execution_credentials="config")
PATCHES.uses(sts, "_sessions")

MOST_DATA = 1 << 30
MOST_SECONDS = 60
MOST_PROCESSES = 64
MOST_FILES = 256
_SESSIONS = threading.RLock()
_LONGEST_ANSWER = 8 * 1024 * 1024  # on AWS it is 6 MB
# Memory that is mapped from there is counted by no limit.
_DEVICES = tuple(device for device in DEVICES if device != "/dev/zero")
_LASTING = Limits(
    network="kept",  # the emulator's
    unix=False,
    memory=0,  # Node.js reserves more than it fills
    data=MOST_MEMORY,
)
_PASSING = replace(
    _LASTING,
    data=MOST_DATA,
    seconds=MOST_SECONDS,
    processes=MOST_PROCESSES,
    files=MOST_FILES,
    expendable=True,
)


def apply(port: int) -> None:
    """Confine functions of the user's own local AWS, as far as this system can; they live for days."""
    for module in (lambda_runtime, lambda_svc):
        module.subprocess = _Confined(port, boxed=_can_box, limits=_LASTING)
    if sys.platform != "linux":  # nothing confines them: an apply starts none
        lambda_svc.ensure_spawned = lambda worker: None


def distrust(port: int, *, boxed: bool) -> None:
    """Confine untrusted functions, and limit what they may use; after `apply`."""
    lambda_runtime.shutil = _Removing()
    for module in (lambda_runtime, lambda_svc):
        module.subprocess = _Confined(port, boxed=lambda: boxed, limits=_PASSING)
        module.execution_credentials = _drawn(lambda_runtime.execution_credentials)


def _can_box() -> bool:
    return not confinement.lacking()


class _Removing:
    """The module shutil, which removes folders however deep they are: Python's way ends at a thousand."""

    def __getattr__(self, name: str) -> Any:
        return getattr(shutil, name)

    def rmtree(self, folder: str, *, ignore_errors: bool = False) -> None:
        """Remove a function's folder."""
        subprocess.run(["rm", "-rf", "--", folder], check=not ignore_errors, stderr=subprocess.DEVNULL)


class _Confined:
    """The module subprocess, whose programs are confined to the folder that they start in."""

    def __init__(self, port: int, *, boxed: Callable[[], bool], limits: Limits) -> None:
        self._boxed = boxed
        self._servers = ForkServers()
        self._limits = replace(limits, connect=(port,))
        self._read = (*emulator_sandbox.readable(), str(javascript.packages()))

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, program: Sequence[str], **options: Any) -> Any:
        """A process."""
        process: Any = self._forked(program, options)
        if process is None:
            process = subprocess.Popen(self._command(program, options), **options)
        process.stdout = _Answers(process.stdout)
        return process

    def run(self, program: Sequence[str], **options: Any) -> Any:
        """A process, to its end."""
        return subprocess.run(self._command(program, options), **options)

    def _forked(self, program: Sequence[str], options: Json) -> Forked | None:
        limits, variables = self._inside(options)
        limits = replace(limits, with_parent=True)
        return self._servers.start(program, limits, variables, Path(options["cwd"]), box=self._boxed())

    def _command(self, program: Sequence[str], options: Json) -> list[str]:
        limits, variables = self._inside(options)
        options["env"] = environment_inside(variables)
        return limits.command(_started(program, variables), box=self._boxed())

    def _inside(self, options: Json) -> tuple[Limits, dict[str, str]]:
        """The limits of a function, and its variables."""
        # The code is in a folder of its own, beside what starts it.
        own = Path(options["cwd"]).parent
        temporary = own / "tmp"
        temporary.mkdir(exist_ok=True)
        settings = emulator_sandbox.SETTINGS
        kept = {name: text for name, text in options["env"].items() if settings.get(name) != text}
        variables = {**kept, "HOME": str(temporary), "TMPDIR": str(temporary)}
        limits = replace(
            self._limits,
            read=(*self._read, str(own)),
            write=(str(temporary), *_DEVICES),
            temporary=str(temporary),
        )
        return limits, variables


def _started(program: Sequence[str], variables: Mapping[str, str]) -> Sequence[str]:
    """The program; Node.js as Lambda starts it, and with the function's memory in place of the machine's."""
    if Path(program[-1]).suffix not in (".js", ".mjs", ".cjs"):
        return program
    runtime = variables.get(javascript.RUNTIME, "").removeprefix(javascript.OF_LAMBDA)
    options = nodejs.options(runtime, variables.get("NODE_OPTIONS", ""))
    most = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    memory = [f"--max-old-space-size={most}"] if most.isdecimal() else []
    return [program[0], *options, *memory, *program[1:]]


class _Answers:
    """What a function's process answers; of a line no more than fits an answer."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Any:
        return iter(self._file)

    def readline(self) -> str:
        """Return the next line, or the next part of one that is too long."""
        line: str = self._file.readline(_LONGEST_ANSWER)
        return line


@PATCHES.around(sts)
def register_session(original: Callable[[str, Json], None], access_key: str, session: Json) -> None:
    """Add a session, and remove those that have expired."""
    with _SESSIONS:
        original(access_key, session)


def _drawn(original: Callable[[Json], dict[str, str]]) -> Callable[[Json], dict[str, str]]:
    def credentials(config: Json) -> dict[str, str]:
        key, secret, token = (
            f"ASIA{secrets.token_hex(8).upper()}",
            secrets.token_hex(20),
            secrets.token_hex(40),
        )
        with _SESSIONS:  # those of one function are under the same key at first
            made = original(config)
            session = sts._sessions.pop(made["AWS_ACCESS_KEY_ID"])
            sts.register_session(key, {**session, "SecretAccessKey": secret, "SessionToken": token})
        drawn = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
        return {**made, **drawn}

    return credentials
