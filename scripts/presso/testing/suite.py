"""Starts pytest for `presso test`: several tests at a time, in the checkout's folder."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from presso import interruption
from presso.errors import PressoError
from presso.terraform import terraform_cli
from presso.workspace import Workspace

# Options of pytest's that rule out several processes, or set their number.
_NUMBERED = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")
# How the plugin that knows those options is left out, after -p.
_NO_XDIST = "no:xdist"
# Hypothesis's plugin loads all of it at the end: a quarter of a second, a tenth of an extension's tests.
_NO_HYPOTHESIS = ("-p", "no:hypothesispytest")


def become_pytest(workspace: Workspace, arguments: Sequence[str]) -> NoReturn:
    """Become pytest on the checkout's tests.

    Args:
        workspace: The checkout.
        arguments: Of pytest.

    Raises:
        PressoError: pytest is not installed.
        Stopped: A stop is requested.
    """
    need_tools("pytest", "xdist", extra="test")
    given = any(it.startswith(_NUMBERED) or it.endswith(_NO_XDIST) for it in arguments)
    extension = _only_extension(workspace, arguments)
    options = [] if given else ["-n", "0" if extension else "auto"]
    if extension and not _uses_hypothesis(extension):
        options += _NO_HYPOTHESIS
    os.chdir(workspace.root)
    if "auto" in options:  # Terraform and esbuild run beside other workers, which have the other cores
        os.environ.update({**terraform_cli.ONE_CORE, **os.environ})
    sys.stdout.flush()
    with interruption.handed_over():
        program = [sys.executable, "-m", "presso.testing.signals", *options, *arguments]
        os.execv(sys.executable, program)  # noqa: S606


def _only_extension(workspace: Workspace, arguments: Sequence[str]) -> Path | None:
    """The folder of the one extension whose tests are to run; more processes take longer to start."""
    paths = [Path(it.partition("::")[0]) for it in arguments if "/" in it and not it.startswith("-")]
    found = {path.parts[:2] for path in paths}
    if len(found) != 1 or paths[0].parts[:1] != ("extensions",):
        return None
    return workspace.root.joinpath(*paths[0].parts[:2])


def _uses_hypothesis(extension: Path) -> bool:
    tests = (extension / "tests").glob("**/*.py")
    return any(b"hypothesis" in file.read_bytes() for file in tests if file.is_file())


def need_tools(*modules: str, extra: str) -> None:
    """Check that modules can be imported.

    Args:
        modules: Their names.
        extra: The extra of presso's package that installs them.

    Raises:
        PressoError: One is missing.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise PressoError(
            f"{', '.join(missing)}: not installed here.",
            hint=f"In a checkout of presso, start it as ./presso; elsewhere, install presso[{extra}].",
        )
