"""Files that are there for tools and people, not for Terraform: they must not mislead or command either."""

from __future__ import annotations

import posixpath
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath

from presso.gate import zip_names
from presso.gate.check import check
from presso.gate.model import Hit, Model, Place

# Hidden files that no tool but git and Terraform reads.
_HIDDEN = frozenset({".gitignore", ".gitkeep", ".scaffold.yaml", ".terraform.lock.hcl"})
# Settings that editors, package managers, linters, version managers and assistants take from the folder
# that they work in.
_SETTINGS = frozenset(
    {
        *("agents.md", "agents.override.md", "bunfig.toml", "build.gradle", "build.gradle.kts"),
        *("cargo.toml", "claude.local.md", "claude.md", "cmakelists.txt", "codeowners", "crush.json"),
        *("crush.md", "deno.json", "deno.jsonc", "devenv.nix", "flake.nix", "gemfile", "gemini.md"),
        *("gnumakefile", "gruntfile.js", "gulpfile.js", "justfile", "makefile", "mise.toml", "mypy.ini"),
        *("noxfile.py", "opencode.json", "opencode.jsonc", "package.json5", "package.yaml", "pip.conf"),
        *("pipfile", "pnpm-workspace.yaml", "pnpmfile.cjs", "poetry.toml", "pom.xml", "pylintrc"),
        *("pylintrc.toml", "pyproject.json", "pyproject.toml", "pyrefly.toml", "pyrightconfig.json"),
        *("pyrightconfig.toml", "pytest.ini", "pytest.toml", "pyvenv.cfg", "qwen.md", "rakefile"),
        *("ruff.toml", "setup.cfg", "setup.py", "shell.nix", "sitecustomize.py", "terraform.rc"),
        *("terragrunt.hcl", "tox.ini", "ty.toml", "usercustomize.py", "uv.toml", "warp.md"),
    }
)
_OF_SETTINGS = re.compile(r".*\.config\.[cm]?[jt]s|.*\.code-workspace|.*\.csproj|.*\.sublime-.*", re.DOTALL)
_OF_WINDOWS = re.compile(r"(?:aux|con|nul|prn|com\d|lpt\d)(?:\..*)?|.*[. ]", re.DOTALL | re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9 _.,+=@~()\[\]{}-]*", re.ASCII)
_FOR_PEOPLE = (".md", ".txt", ".png", ".jpg", ".svg")


@check(
    "S-020",
    "Files mislead neither people nor tools",
    why="A .gitattributes hides files from a review. Settings of editors, shells, package managers and "
    "assistants run programs where the folder is opened or built; their names begin with a dot, or are "
    "known. A name with a letter of another alphabet, or with a hyphen at its beginning, is taken for "
    "another file or for an option.",
    fix="Remove it. Use letters, digits, blanks and . _ - in names, and no hyphen at the beginning; other "
    "letters are allowed in the names of texts and pictures.",
    bad='src/.npmrc, .gitattributes, "-rf"',
)
def misleading(model: Model) -> Iterator[Hit]:
    """Yield files with such names."""
    for file in model.text.files:
        path = PurePosixPath(file)
        setting = next((part for part in path.parts if _is_setting(part)), None)
        if setting is not None:
            yield Hit(Place(file), f"{setting} is a setting of a tool")
            continue
        plain = [bool(_PLAIN.fullmatch(part)) for part in path.parts]
        is_text = path.suffix.lower() in _FOR_PEOPLE and not any(part.startswith("-") for part in path.parts)
        if any(_OF_WINDOWS.fullmatch(part) for part in path.parts):
            yield Hit(Place(file), f"{file} has a name that Windows reads as another one, or does not allow")
        elif not all(plain) and not (is_text and all(part.isprintable() for part in path.parts)):
            yield Hit(Place(file), f"{file} has a name that programs read as another one, or as an option")


def _is_setting(name: str) -> bool:
    if name.startswith("."):
        return name not in _HIDDEN
    return name.lower() in _SETTINGS or _OF_SETTINGS.fullmatch(name.lower()) is not None


@check(
    "S-022",
    "Archives have each file once, and below themselves",
    why="Programs that unpack an archive may write to where a .. or a link in it leads. Of two files with "
    "one name, or of two archives at one path, each program takes another: what people and the gate read is "
    "not what runs.",
    fix="Name each file once, by a path without .. that does not begin with a slash.",
    bad='source {\n  content  = "…"\n  filename = "../../etc/profile"\n}',
    good='filename = "menu/drinks.json"',
)
def packed(model: Model) -> Iterator[Hit]:
    """Yield other names in archives that Terraform makes, and in zip files among the files."""
    made: dict[str, str] = {}
    for archive in (resource for resource in model.resources if resource.type == "archive_file"):
        paths = ("source.filename", "source_content_filename")
        names = [name for path in paths for name in archive.all(path) if isinstance(name, str)]
        for found in _misplaced(names):
            yield Hit(archive.place, f"{archive.address} {found}")
        output = archive.values.get("output_path")
        if isinstance(output, str):
            first = made.setdefault(posixpath.normpath(output).lower(), archive.address)
            if first != archive.address:
                yield Hit(archive.at("output_path"), f"{archive.address} writes over the archive of {first}")
    for file in model.text.tree.files:
        if zip_names.is_zip(file.content):
            yield from (Hit(Place(file.path), f"{file.path} {found}") for found in _in_zip(file.content))


def _in_zip(content: bytes) -> Iterator[str]:
    found: dict[str, None] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos, directory = archive.infolist(), archive.start_dir
        for names in zip_names.readings(content, infos, directory):
            found |= dict.fromkeys(_misplaced(names))
    except zip_names.Misleading as error:
        found[str(error)] = None
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError):
        yield "cannot be read as a zip file, which it looks like"
        return
    yield from found
    yield from (f"has a link, {i.filename}" for i in infos if stat.S_ISLNK(i.external_attr >> 16))


def _misplaced(names: Sequence[str]) -> Iterator[str]:
    """Sentences about the names in one archive."""
    for name, times in Counter(re.sub(r"(?:^|(?<=/))(?:\./|/)+", "", name) for name in names).items():
        if times > 1:
            yield f"has {name} {times} times"
    for name in names:
        steps = name.replace("\\", "/").split("/")
        if ".." in steps or steps[0] == "" or ":" in steps[0] or "\0" in name:
            yield f"has a file that leads out of it: {name}"
