"""Functions that nobody trusts: each confined to its own folder, with keys that nobody can guess.

The emulator alone runs functions with all rights of whoever started it, and derives a function's keys from
the names of the function and its role, so that any function can compute any other's.
"""

import secrets
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from presso.confinement import DEVICES, Limits
from presso.local_aws import confined
from presso.local_aws.gaps import javascript
from presso.local_aws.gaps.internals import Json, Needed

NEEDED: Needed = {
    lambda_runtime: {"execution_credentials": ("config",), "subprocess": None},
    lambda_svc: {"execution_credentials": ("config",), "subprocess": None},
    sts: {"register_session": ("access_key", "session"), "_sessions": None},
}

MOST_DATA = 1 << 30
MOST_SECONDS = 60


def fill(port: int) -> None:
    """Confine functions, which may reach the emulator on a port."""
    for module in (lambda_runtime, lambda_svc):
        module.subprocess = _Confined(port)
        module.execution_credentials = _drawn(lambda_runtime.execution_credentials)


class _Confined:
    """The module subprocess, whose programs are confined to the folder that they start in."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._read = (*confined.readable(), str(javascript.packages()))

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, program: Sequence[str], **options: Any) -> Any:
        """A process."""
        return subprocess.Popen(self._command(program, options), **options)

    def run(self, program: Sequence[str], **options: Any) -> Any:
        """A process, to its end."""
        return subprocess.run(self._command(program, options), **options)

    def _command(self, program: Sequence[str], options: Json) -> list[str]:
        # The code is in a folder of its own, beside what starts it.
        own = Path(options["cwd"]).parent
        (own / "tmp").mkdir(exist_ok=True)
        kept = {name: text for name, text in options["env"].items() if name not in confined.SETTINGS}
        options["env"] = {**kept, "HOME": str(own / "tmp"), "TMPDIR": str(own / "tmp")}
        limits = Limits(
            self._read,
            (str(own), *DEVICES),
            (self._port,),
            memory=0,  # Node.js reserves more than it fills
            data=MOST_DATA,
            seconds=MOST_SECONDS,
        )
        return limits.command(program)


def _drawn(original: Callable[[Json], dict[str, str]]) -> Callable[[Json], dict[str, str]]:
    def credentials(config: Json) -> dict[str, str]:
        made = original(config)
        session = sts._sessions.pop(made["AWS_ACCESS_KEY_ID"])
        key, secret, token = (
            f"ASIA{secrets.token_hex(8).upper()}",
            secrets.token_hex(20),
            secrets.token_hex(40),
        )
        sts.register_session(key, {**session, "SecretAccessKey": secret, "SessionToken": token})
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}

    return credentials
