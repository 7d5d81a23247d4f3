"""A filesystem mirror in which plain ``terraform init`` finds the offline providers."""

from __future__ import annotations

import json
import platform
import shlex
from pathlib import Path

from offline_aws.schema import VERSIONS

_HOST = "registry.terraform.io/hashicorp"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def write_mirror(folder: Path, control: Path, python: str) -> Path:
    """Write an unpacked mirror with launchers, and a Terraform CLI configuration that uses it.

    The packages depend on this checkout and ``python`` only, not on ``control``: Terraform records their hash
    in the lock files of the folders that use them, and a new server must not break those.

    Args:
        folder: Made when it is missing.
        control: The server's control socket, kept in ``folder/control``.
        python: The interpreter for the launchers, by its full path (no version manager's shim: slow).

    Returns:
        The CLI configuration file, for ``TF_CLI_CONFIG_FILE``.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "control").write_text(f"{control}\n")
    launcher = Path(__file__).with_name("launcher.py").resolve()
    machine = platform.machine().lower()
    target = f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
    for name, version in VERSIONS.items():
        package = folder / _HOST / name / version / target
        package.mkdir(parents=True, exist_ok=True)
        command = [python, "-I", "-S", str(launcher), name, str(folder / "control")]
        _write(
            package / f"terraform-provider-{name}_v{version}_x5", f"#!/bin/sh\nexec {shlex.join(command)}\n"
        )
    ours = json.dumps([f"{_HOST}/{name}" for name in VERSIONS])
    config = folder / "terraform.rc"
    config.write_text(
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(folder))}\n    include = {ours}\n  }}\n"
        f"  direct {{\n    exclude = {ours}\n  }}\n"
        "}\n"
        "disable_checkpoint = true\n"
    )
    return config


def _write(file: Path, text: str) -> None:
    if file.exists() and file.read_text() == text:
        return
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(file)
