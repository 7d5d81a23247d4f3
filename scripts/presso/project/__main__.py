"""`python -m presso.project [--fix]`: all linters, in the checkout's folder."""

import sys

from presso import interruption, streams
from presso.errors import PressoError
from presso.project import linters
from presso.testing import linting
from presso.workspace import Workspace


def main() -> int:
    """Run every linter; return the exit code."""
    try:
        workspace = Workspace.find()
        return linting.run(workspace, linters.of_presso(workspace), fix="--fix" in sys.argv[1:])
    except PressoError as error:
        streams.report(error)
        return error.exit_code


if __name__ == "__main__":
    with interruption.handled(), streams.prepared():
        sys.exit(main())
