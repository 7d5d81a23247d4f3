"""`python -m presso.project test ARGUMENTS…` and `… lint`, in the checkout's folder."""

import sys
from collections.abc import Sequence

from presso import interruption, streams
from presso.errors import PressoError
from presso.project import checks
from presso.workspace import Workspace


def main(arguments: Sequence[str]) -> int:
    """Become pytest, or run every linter; return the exit code."""
    task, *rest = arguments
    try:
        if task == "test":
            checks.run_tests(Workspace.find(), rest)
        return checks.run_lint(Workspace.find())
    except PressoError as error:
        streams.report(error)
        return error.exit_code


if __name__ == "__main__":
    with interruption.handled(), streams.prepared():
        sys.exit(main(sys.argv[1:]))
