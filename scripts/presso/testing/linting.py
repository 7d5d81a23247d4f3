"""The linters of a checkout: its Python, its Terraform, its catalog."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from presso import terminal
from presso.terraform import terraform_cli
from presso.testing.suite import need_tools
from presso.workspace import Workspace

Linter = tuple[str, list[str]]
PYTHON = (sys.executable, "-m")


def of_platform() -> list[Linter]:
    """Return the linters of every checkout: a name and a command line each."""
    return [
        ("ruff check", [*PYTHON, "ruff", "check"]),
        ("ruff format", [*PYTHON, "ruff", "format", "--check"]),
        ("terraform fmt", [*terraform_cli.find().command, "fmt", "-check", "-diff", "-recursive"]),
        ("tables of the modules", [*PYTHON, "presso.hcl.module_docs", "--check"]),
        ("catalog and scenarios", [*PYTHON, "presso", "--quiet", "catalog", "validate"]),
        ("modules of this version", [*PYTHON, "presso.scaffold.new_platform"]),
        ("code for events", [*PYTHON, "presso.catalog.bindings"]),
    ]


def run(workspace: Workspace, linters: Sequence[Linter], *, fix: bool = False) -> int:
    """Run every linter, all of them also when one complains; return 0, or 1 when one did.

    Args:
        workspace: The checkout.
        linters: The linters.
        fix: Whether what they can repair or generate is repaired first.

    Raises:
        PressoError: ruff is not installed.
    """
    need_tools("ruff", extra="lint")
    failed = []
    env = terraform_cli.environment({})
    for name, command in linters if fix else ():
        if repair := _repair(command):
            terminal.say(terminal.styled(f"{name}: repair", "bold", sys.stderr))
            subprocess.run(repair, cwd=workspace.root, env=env, check=False)  # the rest is reported below
    for name, command in linters:
        terminal.say(terminal.styled(name, "bold", sys.stderr))
        if subprocess.run(command, cwd=workspace.root, env=env, check=False).returncode:
            failed.append(name)
    if failed:
        terminal.error(
            f"Failed: {', '.join(failed)}.",
            "" if fix else "presso lint --fix repairs what programs can.",
        )
    return 1 if failed else 0


def _repair(command: list[str]) -> list[str]:
    """The command that repairs what a linter finds; none where that is not a program's work."""
    if command[-2:] == ["ruff", "check"]:
        return [*command, "--fix", "--quiet"]
    checking = ("--check", "-check", "-diff")
    return [word for word in command if word not in checking] if {*checking} & {*command} else []
