"""Planning an extension where it can do no harm: a copy, no environment, no AWS, limits on everything."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presso.errors import PressoError
from presso.gate import confinement
from presso.gate.folder import LEFT_OUT
from presso.gate.model import Facts
from presso.units import terraform
from presso.workspace import Workspace

SECONDS = 60.0
# What programs need of the system; no user's home, no /etc but for these.
_SYSTEM = (
    *("/bin", "/lib", "/lib64", "/usr", "/opt", "/nix", "/proc", "/sys/kernel/mm/transparent_hugepage"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/nsswitch.conf"),
    *("/etc/passwd", "/etc/ssl", "/sys/fs/cgroup"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")


_OUT_OF_MEMORY = ("fatal error: runtime: out of memory", "out of memory", "cannot allocate memory")


class Refused(Exception):
    """Terraform would not plan it: why, and where in the extension as far as it said."""

    def __init__(self, why: str, file: str = "main.tf", line: int = 1) -> None:
        super().__init__(why)
        self.file = file
        self.line = line


class TooLong(Exception):
    """It took longer, or more memory, than it may."""


@dataclass
class Ground:
    """A provider server of the gate's own, and a folder that goes away with it.

    Args:
        workspace: The checkout whose modules the extensions are built from.
        seconds: How long one command of Terraform's may take.
    """

    workspace: Workspace
    seconds: float = SECONDS
    folder: Path = field(init=False)
    control: Path = field(init=False)
    _server: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Ground:
        """Start the server.

        Raises:
            PressoError: It does not start.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="presso-gate-")).resolve()
        self.control = self.folder / "s" / "control"
        self.control.parent.mkdir(mode=0o700)
        program = [sys.executable, "-m", "presso.gate.foresight", "--control", str(self.control)]
        self._server = subprocess.Popen(
            confinement.command(self._readable(), (self.folder, *_DEVICES), program),
            cwd=self.folder,
            env=self._environment(self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "server.log").open("wb"),
            process_group=0,
        )
        assert self._server.stdout is not None
        if self._server.stdout.readline() != b"ready\n":
            log = (self.folder / "server.log").read_text(errors="replace").strip().splitlines()
            self.__exit__()
            raise PressoError(f"The gate's provider does not start: {log[-1] if log else 'it said nothing'}.")
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and remove the folder."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def plan(self, root: Path, facts: Facts) -> dict[str, Any]:
        """Terraform's plan of an extension, as `terraform show -json` tells it.

        Raises:
            Refused: Terraform does not plan it.
            TooLong: It takes too long.
        """
        from offline_aws.attach import attached

        with self._copied(root, facts) as unit:
            env = self._environment(unit.parent)
            with attached(self.control, unit, env) as reattach:
                env["TF_REATTACH_PROVIDERS"] = str(reattach)
                for arguments in (("init", "-backend=false"), ("plan", "-out=plan", "-lock=false")):
                    code, told = self._run(unit, env, reattach.keep, (*arguments, "-input=false", "-json"))
                    if code != 0:
                        raise _refusal(told, facts)
                code, told = self._run(unit, env, reattach.keep, ("show", "-json", "plan"))
                if code != 0:
                    raise _refusal(told, facts)
                found: dict[str, Any] = json.loads(told)
                if _waits(found):
                    found["settled"] = self._settled(unit, env, reattach.keep, found, facts)
            return found

    def _settled(
        self, unit: Path, env: Mapping[str, str], keep: Sequence[int], plan: dict[str, Any], facts: Facts
    ) -> dict[str, Any]:
        """The state after a pretended apply, where data sources waited for it: nothing is made.

        Raises:
            Refused: Terraform found a provisioner that the gate's own reader did not.
        """
        if _mentions(plan.get("configuration"), "provisioners"):
            raise Refused("it has a provisioner")
        code, told = self._run(unit, env, keep, ("apply", "-input=false", "-json", "-lock=false", "plan"))
        if code == 0:
            code, told = self._run(unit, env, keep, ("show", "-json"))
        if code != 0:
            raise _refusal(told, facts)
        found: dict[str, Any] = json.loads(told)
        return found

    @contextlib.contextmanager
    def _copied(self, root: Path, facts: Facts) -> Iterator[Path]:
        """A unit with a copy of the extension; what is not needed to plan is left out."""
        place = Path(tempfile.mkdtemp(prefix="unit-", dir=self.folder))
        try:
            left_out = shutil.ignore_patterns(*LEFT_OUT, "*.tfstate*", "*.tfvars", "tests")
            shutil.copytree(root, place / "extensions" / facts.extension, ignore=left_out, symlinks=True)
            (place / "modules").symlink_to(self.workspace.modules)
            unit = place / "unit"
            unit.mkdir()
            (unit / "main.tf.json").write_text(json.dumps(_unit(facts)), encoding="utf-8")
            (place / "terraform.rc").write_text(
                f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place / "none"}"\n  }}\n}}\n'
            )
            yield unit
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _run(
        self, unit: Path, env: Mapping[str, str], keep: Sequence[int], arguments: Sequence[str]
    ) -> tuple[int, str]:
        binary = terraform.find().command
        program = confinement.command(
            (*self._readable(), binary[0], Path(binary[0]).resolve()),
            (unit.parent, self.control.parent, *_DEVICES),
            (*binary, *arguments),
        )
        output = unit.parent / "output"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                program,
                cwd=unit,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                process_group=0,
                pass_fds=keep,
            )
            over = threading.Timer(self.seconds, lambda: os.killpg(process.pid, signal.SIGKILL))
            over.start()
            try:
                code = process.wait()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            finally:
                in_time = over.is_alive()
                over.cancel()
        if not in_time:
            raise TooLong(f"terraform {arguments[0]} takes more than {self.seconds:g} s")
        told = output.read_text(encoding="utf-8", errors="replace")
        if code != 0 and any(words in told for words in _OUT_OF_MEMORY):
            raise TooLong(
                f"terraform {arguments[0]} takes more than {confinement.MOST_MEMORY >> 30} GB of memory"
            )
        return code, told

    def _readable(self) -> list[Path | str]:
        own = Path(__file__).resolve().parents[2]
        python = {
            sys.prefix,
            sys.base_prefix,
            sys.exec_prefix,
            str(Path(sys.executable).resolve().parents[1]),
        }
        return [*_SYSTEM, *sorted(python), own, self.workspace.modules]

    @staticmethod
    def _environment(home: Path) -> dict[str, str]:
        """All that a program of the gate's gets to know: no credentials, no settings of anybody's."""
        return {
            "CHECKPOINT_DISABLE": "1",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "TF_CLI_CONFIG_FILE": str(home / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "TMPDIR": str(home),
        }


def _waits(plan: Mapping[str, Any]) -> bool:
    """Whether a data source will be read only when something else has been made."""
    return any(change.get("mode") == "data" for change in plan.get("resource_changes", ()))


def _mentions(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_mentions(item, key) for item in value.values())
    return isinstance(value, list) and any(_mentions(item, key) for item in value)


def _unit(facts: Facts) -> dict[str, Any]:
    tags = facts.variables["fence"]["tags"]
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {
            "aws": {
                "region": facts.region,
                "access_key": facts.account,
                "secret_key": "none",
                "default_tags": {"tags": tags},
            }
        },
        "locals": {"tenant": facts.variables["tenant"]},
        "module": {
            "fence": {
                "source": "../modules/extension-fence",
                "extension": facts.extension,
                "tenant": "${local.tenant}",
            },
            "extension": {
                "source": f"../extensions/{facts.extension}",
                "tenant": "${local.tenant}",
                "fence": "${module.fence.fence}",
            },
        },
        "output": {"extension": {"value": "${module.extension}", "sensitive": True}},
    }


def _refusal(told: str, facts: Facts) -> Refused:
    """The first error that Terraform told of, line by line in JSON, else its last words."""
    for line in told.splitlines():
        try:
            diagnostic = json.loads(line).get("diagnostic", {})
        except (ValueError, AttributeError):
            continue
        if diagnostic.get("severity") == "error":
            words = " ".join(f"{diagnostic.get('summary', '')}: {diagnostic.get('detail', '')}".split())
            place = diagnostic.get("range") or {}
            _, _, file = str(place.get("filename", "")).partition(f"extensions/{facts.extension}/")
            return Refused(
                words.rstrip(": "), file or "main.tf", place.get("start", {}).get("line", 1) if file else 1
            )
    last = told.strip().splitlines()
    return Refused(last[-1] if last else "Terraform said nothing")
