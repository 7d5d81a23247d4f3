"""Files that are there for tools and people, not for Terraform: they must not mislead or command either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from presso.gate.check import check
from presso.gate.model import Hit, Model, Place

# Settings that git, editors, shells, package managers and linters take from the folder that they work in.
_SETTINGS = frozenset(
    {
        *(".condarc", ".coveragerc", ".devcontainer", ".envrc", ".flake8", ".gitattributes", ".gitconfig"),
        *(".github", ".gitlab-ci.yml", ".gitmodules", ".husky", ".idea", ".mailmap", ".netrc", ".npmrc"),
        *(".pdbrc", ".pip", ".pre-commit-config.yaml", ".pylintrc", ".pypirc", ".pyrightconfig.json"),
        *(".ruff.toml", ".terraformrc", ".tflint.hcl", ".tofurc", ".vscode", ".yarnrc", ".yarnrc.yml"),
        *("codeowners", "mypy.ini", "pip.conf", "pyproject.toml", "pytest.ini", "ruff.toml", "setup.cfg"),
        *("sitecustomize.py", "terraform.rc", "tox.ini", "usercustomize.py", "uv.toml"),
    }
)
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9 _.,+=@~()\[\]{}-]*", re.ASCII)
_FOR_PEOPLE = (".md", ".txt", ".png", ".jpg", ".svg")


@check(
    "S-020",
    "Files mislead neither people nor tools",
    why="A .gitattributes hides files from a review. Settings of editors, shells and package managers "
    "run programs where the folder is opened or built. A name with a letter of another alphabet, or with "
    "a hyphen at its beginning, is taken for another file or for an option.",
    fix="Remove it. Use letters, digits, blanks and . _ - in names, and no hyphen at the beginning; other "
    "letters are allowed in the names of texts and pictures.",
    bad='src/.npmrc, .gitattributes, "-rf"',
)
def misleading(model: Model) -> Iterator[Hit]:
    """Yield files with such names."""
    for file in model.text.files:
        path = PurePosixPath(file)
        setting = next((part for part in path.parts if part.lower() in _SETTINGS), None)
        if setting is not None:
            yield Hit(Place(file), f"{setting} is a setting of a tool")
            continue
        plain = [bool(_PLAIN.fullmatch(part)) for part in path.parts]
        is_text = path.suffix.lower() in _FOR_PEOPLE and not any(part.startswith("-") for part in path.parts)
        if not all(plain) and not (is_text and all(part.isprintable() for part in path.parts)):
            yield Hit(Place(file), f"{file} has a name that is taken for another, or for an option")
