"""test and lint: the project's own checks."""

import typer

from presso.commands.settings import settings


def test(context: typer.Context) -> None:
    """Run the tests; further arguments are passed to pytest.

    Example: presso test tests/presso -k units
    """
    from presso.project import checks

    checks.run_tests(settings(context).workspace, context.args)


def lint(context: typer.Context) -> None:
    """Run all linters and type checks.

    Example: presso lint
    """
    from presso.project import checks

    raise typer.Exit(checks.run_lint(settings(context).workspace))
