"""Why dependencies of a function cannot be installed."""

from presso.errors import PressoError


class Uninstallable(PressoError):
    """Dependencies that cannot be installed.

    Args:
        found: What is wrong, as a sentence without a full stop that names the dependency.
        file: The file that declares it, relative to the extension's folder.
        line: Its line there.
        hint: What to do.
    """

    def __init__(self, found: str, file: str, line: int = 1, *, hint: str = "") -> None:
        super().__init__(f"{file}:{line}: {found}.", hint=hint)
        self.found = found
        self.file = file
        self.line = line
