"""test and lint: the checkout's own tools, in programs of their own that no other command needs."""

import os
import sys
from typing import Annotated

import typer

from presso.commands.settings import settings


def test(context: typer.Context) -> None:
    """Run the tests; further arguments are passed to pytest.

    Example: presso test tests/presso -k units
    """
    from presso.testing import suite

    suite.become_pytest(settings(context).workspace, context.args)


def lint(
    context: typer.Context,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="First apply automatic fixes, and write generated pages."),
    ] = False,
) -> None:
    """Run all linters and type checks.

    Example: presso lint --fix
    """
    from presso import interruption

    workspace = settings(context).workspace
    if not workspace.is_presso:
        from presso.testing import linting

        raise typer.Exit(linting.run(workspace, linting.of_platform(), fix=fix))
    os.chdir(workspace.root)
    sys.stdout.flush()
    with interruption.handed_over():
        more = ["--fix"] if fix else []
        os.execv(sys.executable, [sys.executable, "-m", "presso.project", *more])  # noqa: S606
