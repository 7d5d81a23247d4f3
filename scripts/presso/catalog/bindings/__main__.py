"""`python -m presso.catalog.bindings`: whether the checkout's generated code is as the catalog has it."""

from __future__ import annotations

import sys

from presso import terminal
from presso.catalog.bindings.code_folder import Folder, folders
from presso.catalog.events import Catalog
from presso.errors import PressoError
from presso.workspace import Workspace


def main() -> int:
    """Print the files that are stale; return 1 if there are any, else 0."""
    try:
        workspace = Workspace.find()
        catalog = Catalog.load(workspace)
        stale = {}
        for path in folders([workspace.extensions, workspace.modules]):
            if faults := Folder.read(path).faults(catalog):
                stale[workspace.shown(path)] = faults
    except PressoError as error:
        terminal.error(error.message, error.hint)
        return 1
    for shown, faults in stale.items():
        terminal.error("\n".join(faults), f"Update it: presso catalog code --out {shown}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
