"""Terraform on untrusted files: confined, with an environment of its own and limits on everything.

Apart from `terraform_cli`, since nothing is lost with a run: its commands share one box, and a run that is to
stop, or takes too long, is killed at once.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from presso import child, confinement, interruption
from presso.confinement import DEVICES, SYSTEM, Limits
from presso.patience import Patience
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Diagnostic, Transcript
from presso.terraform.terraform_cli import TooLong

SECONDS = 60.0
_ASKED_EVERY = 0.5
_MOST_ERRORS = 20
_OUT_OF_MEMORY = ("fatal error: runtime: out of memory", "out of memory", "cannot allocate memory")

# Where presso has put the extension and the modules for Terraform.
_STAGED = ("/tree/extensions/", "/tree/modules/")


class Refused(Exception):
    """Terraform failed: why, and where in the extension if Terraform reported it.

    Args:
        why: Its error.
        file: The file, seen from the extension's folder.
        line: The line in it.
        address: The resource concerned, where the error is in a file of the platform's.
        asks_for_init: Whether it asks for `terraform init`.
        others: Its further errors.
    """

    def __init__(
        self,
        why: str,
        file: str = "main.tf",
        line: int = 1,
        *,
        address: str = "",
        asks_for_init: bool = False,
        others: Sequence[Refused] = (),
    ) -> None:
        super().__init__(why)
        self.file = file
        self.line = line
        self.address = address
        self.asks_for_init = asks_for_init
        self.others = tuple(others)


@dataclass(frozen=True)
class ConfinedTerraform:
    """Terraform that accesses one folder and nothing else.

    Args:
        folder: The folder that it may change; has its home and its units.
        modules: The platform's modules, which it may read.
        control: The control socket of the provider server that it is attached to.
        seconds: How long the commands of a run may take, on an otherwise idle machine.
        settings: Variables of its environment besides the standard ones.
        servers: The process ids of servers that work for it.
    """

    folder: Path
    modules: Path
    control: Path
    seconds: float = SECONDS
    settings: Mapping[str, str] | None = None
    servers: Sequence[int] = ()

    @property
    def environment(self) -> dict[str, str]:
        """Its whole environment: no credentials, and no settings of the user."""
        return {**environment(self.folder), **(self.settings or {})}

    def prepare(self) -> None:
        """Write the configuration in which it finds no provider except the attached one."""
        none = self.folder / "none"
        mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{none}"\n  }}\n}}\n'
        (self.folder / "terraform.rc").write_text(mirror, encoding="utf-8")

    def run(self, unit: Path, *commands: Sequence[str]) -> str:
        """Run commands in a unit's folder, attached to the provider server; return the last one's output.

        Raises:
            Refused: One of them failed; its errors.
            TooLong: One took too long, or too much memory.
            Stopped: A stop is requested; the command was killed.
        """
        from offline_aws.attach import attached

        env = self.environment
        # In its box Terraform is the first process, and checks that this one lives.
        with attached(self.control, unit, env, pid=None if confinement.lacking() else 1) as reattach:
            env["TF_REATTACH_PROVIDERS"] = str(reattach)
            code, output = self._run(unit, env, reattach.keep, commands)
        if code != 0:
            raise _refusal(output)
        return output

    def _run(
        self, unit: Path, env: Mapping[str, str], keep: Sequence[int], commands: Sequence[Sequence[str]]
    ) -> tuple[int, str]:
        """Run commands in one box, as long as they end well; the exit code and the words of the last one."""
        binary = terraform_cli.find().command
        limits = self._limits(binary)
        lines = [(*binary, *arguments) for arguments in commands]
        output = unit / "output"
        with (
            output.open("wb") as sink,
            child.running(
                limits.command(lines[0], then=lines[1:]),
                cwd=unit,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                pass_fds=keep,
            ) as process,
        ):
            over, ended = threading.Event(), threading.Event()
            watch = threading.Thread(target=self._watch, args=(process, over, ended), daemon=True)
            watch.start()
            try:
                code = process.wait()
            finally:
                ended.set()
        if code != 0 and interruption.requested():
            raise interruption.stopped()
        if over.is_set():
            raise TooLong(f"Terraform takes more than {self.seconds:g} s")
        printed = output.read_text(encoding="utf-8", errors="replace")
        if code != 0 and any(words in printed for words in _OUT_OF_MEMORY):
            most = confinement.MOST_MEMORY >> 30
            raise TooLong(f"Terraform takes more than {most} GB of memory")
        return code, printed

    def _limits(self, binary: Sequence[str]) -> Limits:
        return Limits(
            read=(*confinement.needed_by(binary), str(self.modules)),
            write=(str(self.folder), str(self.control.parent), *DEVICES),
            run=(),
            # Terraform checks with a signal whether its provider lives, and fails when it may not send one.
            signals=bool(confinement.lacking()),
        )

    def _watch(self, process: subprocess.Popen[bytes], over: threading.Event, ended: threading.Event) -> None:
        """Kill a process when it takes too long, or when a stop is requested."""
        patience = Patience([process.pid, *self.servers])
        while not ended.wait(min(_ASKED_EVERY, self.seconds)):
            if patience.seconds() > self.seconds:
                over.set()
            if over.is_set() or interruption.requested():
                child.kill(process)
                return


def environment(home: Path) -> dict[str, str]:
    """The whole environment of the gate's programs."""
    return {
        "CHECKPOINT_DISABLE": "1",
        **terraform_cli.RARELY_COLLECTED,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "TF_CLI_CONFIG_FILE": str(home / "terraform.rc"),
        "TF_IN_AUTOMATION": "1",
        "TMPDIR": str(home),
    }


def readable(modules: Path) -> tuple[str, ...]:
    """The files that the gate's programs may read: the system, Python, presso and the platform's modules."""
    return (*SYSTEM, *confinement.python(), str(modules))


def _refusal(output: str) -> Refused:
    """The errors that Terraform reported, else its last line."""
    errors = Transcript.of(output).errors
    if errors:
        # One place has the same error in every tenant, in other words.
        found = list({(error.summary, error.file, error.line): error for error in reversed(errors)}.values())
        first, *others = found[::-1][:_MOST_ERRORS]
        asks = any(error.asks_for_init for error in errors)
        return _refused(first, asks_for_init=asks, others=[_refused(error) for error in others])
    last = output.strip().splitlines()
    return Refused(last[-1] if last else "Terraform printed no message")


def _without_our_folders(path: str) -> str:
    """A path as its author knows it, from `extensions/` or `modules/` on; another text as it is."""
    start = max(path.rfind(staged) for staged in _STAGED)
    return path if start < 0 else path[start + len("/tree/") :]


def _refused(error: Diagnostic, *, asks_for_init: bool = False, others: Sequence[Refused] = ()) -> Refused:
    words = f"{error.summary}: {error.detail}".split()
    why = " ".join(_without_our_folders(word) for word in words).rstrip(": ")
    _, inside, path = error.file.rpartition("extensions/")
    if inside:
        return Refused(why, path.partition("/")[2], error.line, asks_for_init=asks_for_init, others=others)
    return Refused(why, address=error.address, asks_for_init=asks_for_init, others=others)
