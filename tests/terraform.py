"""Terraform as the tests run it: the one place in them that starts it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from presso.terraform import terraform_cli


@dataclass(frozen=True)
class Terraform:
    """Terraform in a folder.

    Args:
        folder: Its working directory.
        env: All of its environment; by default this process's.
        command: How it is started; by default as presso starts it.
    """

    folder: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    command: tuple[str, ...] = field(default_factory=lambda: terraform_cli.find().command)

    def run(
        self, *arguments: str, ok: tuple[int, ...] | None = (0,), text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end.

        Args:
            arguments: The command and its options.
            ok: The exit codes that do not fail the test; None for all of them.
            text: Its standard input; None for none.
        """
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.env,
            input=text or "",
            capture_output=True,
            text=True,
            check=False,
        )
        shown = f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert ok is None or done.returncode in ok, shown
        return done

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command that prints JSON; return it."""
        found: dict[str, Any] = json.loads(self.run(*arguments).stdout)
        return found

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own; the caller ends it."""
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
