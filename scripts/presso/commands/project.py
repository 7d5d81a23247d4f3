"""test and lint: the project's own tools, in a program of their own that no other command needs."""

import os
import sys

import typer

from presso.commands.settings import settings


def test(context: typer.Context) -> None:
    """Run the tests; further arguments are passed to pytest.

    Example: presso test tests/presso -k units
    """
    _become(context, "test", *context.args)


def lint(context: typer.Context) -> None:
    """Run all linters and type checks.

    Example: presso lint
    """
    _become(context, "lint")


def _become(context: typer.Context, *arguments: str) -> None:
    from presso import interruption

    os.chdir(settings(context).workspace.root)
    sys.stdout.flush()
    with interruption.handed_over():
        os.execv(sys.executable, [sys.executable, "-m", "presso.project", *arguments])  # noqa: S606
