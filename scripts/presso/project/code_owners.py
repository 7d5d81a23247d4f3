"""`.github/CODEOWNERS`: the platform's lines, and one for each extension whose author can be asked.

The last line that matches a path counts:
https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

`python -m presso.project.code_owners` writes it; with `--check` it only reports whether it is stale.
"""

import sys
from pathlib import Path

from presso import extensions
from presso.project.generated import keep
from presso.workspace import Workspace

FILE = Path(".github") / "CODEOWNERS"
_BELOW = "/extensions/"
# Only folders: a file beside them, such as conftest.py or .gitattributes, concerns every extension.
_FOLDERS = f"{_BELOW}*/"
_NOTE = "# By author.github in each extension.yaml: python -m presso.project.code_owners"


def owned(text: str, workspace: Workspace) -> str:
    """Return the file's text with a line for each extension; the lines above `/extensions/*/` stay.

    Raises:
        UsageError: An extension's description is wrong.
    """
    above = text.splitlines()[: text.splitlines().index(_FOLDERS) + 1]
    authors = (
        (name, extensions.load(workspace, name).author.github) for name in extensions.names_of(workspace)
    )
    lines = [f"{_BELOW}{name}/ @{github}" for name, github in authors if github]
    return "\n".join([*above, _NOTE, *lines]) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file; with `--check`, return 1 when it is stale."""
    workspace = Workspace.find()
    text = (workspace.root / FILE).read_text(encoding="utf-8")
    wanted = owned(text, workspace)
    return keep(workspace.root, FILE, wanted, "presso.project.code_owners", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
