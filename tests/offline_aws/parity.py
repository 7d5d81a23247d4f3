"""Plan every module and extension with the offline and with the published provider; print what differs.

    PYTHONPATH=scripts:. .venv/bin/python tests/offline_aws/parity.py

It needs the internet, a network mirror or a filled plugin cache, so it is not part of `./presso test`. The
plans are those of tests/modules/*/tftest.yaml, on a local AWS of its own. Exit code 0: no difference; 1:
differences, or the published provider cannot be had.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.terraform import Terraform

from presso.deployment import target_environment
from presso.deployment.target_environment import Provider
from presso.local_aws import LocalAws, Running

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """One plan: a module's folder below the checkout, and the file of its variables."""

    module: str
    variables: Path

    def __str__(self) -> str:
        return f"{self.module} ({self.variables.stem})"


class Unavailable(Exception):
    """The published provider cannot be had; the message is Terraform's."""


def cases() -> Iterator[Case]:
    """The plans of the modules' tests that are to succeed."""
    for file in sorted((ROOT / "tests/modules").glob("*/tftest.yaml")):
        suite = yaml.safe_load(file.read_text())
        for name, case in suite["tests"].items():
            case = case or {}
            if "error" not in case:
                (variables,) = case.get("tfvars", [name])
                yield Case(suite["module"], file.parent / f"{variables}.tfvars")


def planned(case: Case, provider: Provider, running: Running) -> dict[str, dict[str, Any]]:
    """Address to the values of the plan, what is unknown as `(known after apply)`.

    Raises:
        Unavailable: `terraform init` found no provider.
        subprocess.CalledProcessError: The plan failed.
    """
    env = dict(target_environment.of_local(running, None, published=provider == "published").env)
    with tempfile.TemporaryDirectory() as temporary:
        for part in ("modules", "extensions"):
            left = shutil.ignore_patterns(".terraform*", "build", "tests", "__pycache__")
            shutil.copytree(ROOT / part, Path(temporary) / part, ignore=left)
        folder = Path(temporary) / case.module
        init = _terraform(folder, env, "init", "-input=false", "-no-color")
        if init.returncode:
            raise Unavailable(init.stderr)
        _terraform(
            folder, env, "plan", "-out=plan", f"-var-file={case.variables}", "-input=false"
        ).check_returncode()
        found = json.loads(_terraform(folder, env, "show", "-json", "plan").stdout)
    return {
        change["address"]: {
            **(change["change"]["after"] or {}),
            **_unknown(change["change"]["after_unknown"]),
        }
        for change in found.get("resource_changes", [])
    }


def _terraform(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return Terraform(folder, env).run(*arguments, ok=None)


def _unknown(marks: dict[str, Any]) -> dict[str, str]:
    return {name: "(known after apply)" for name, mark in marks.items() if mark is True}


def differences(offline: dict[str, dict[str, Any]], published: dict[str, dict[str, Any]]) -> Iterator[str]:
    """One line for each attribute that the two plans do not agree on."""
    for address in sorted({*offline, *published}):
        one, other = offline.get(address), published.get(address)
        if one is None or other is None:
            yield f"{address}: only with the {'published' if one is None else 'offline'} provider"
            continue
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                yield f"{address}.{name}: offline {one.get(name)!r}, published {other.get(name)!r}"


def main() -> int:
    """Compare all; the exit code."""
    with tempfile.TemporaryDirectory() as home:
        local = LocalAws(Path(home))
        running = local.ensure()
        try:
            return _compare(running)
        finally:
            local.stop()


def _compare(running: Running) -> int:
    count = 0
    for case in cases():
        try:
            published = planned(case, "published", running)
        except Unavailable as error:
            said = " ".join(str(error)[str(error).find("Error:") :].split("\n\n")[1].split())
            print(f"The published provider cannot be had, so nothing was compared: {said}", file=sys.stderr)
            return 1
        for line in differences(planned(case, "offline", running), published):
            print(f"{case}: {line}")
            count += 1
    print(f"{count} differences.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
