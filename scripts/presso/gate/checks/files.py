"""Files that are there for tools and people, not for Terraform: they must not mislead or command either."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from presso import text_file
from presso.gate import archives
from presso.gate.check import check
from presso.gate.model import Hit, Model, Place
from presso.json_text import NotJson, loads

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
        *("copilot-instructions.md", "noxfile.py", "opencode.json", "opencode.jsonc", "package.json5"),
        *("package.yaml", "pip.conf"),
        *("pipfile", "pnpm-workspace.yaml", "pnpmfile.cjs", "poetry.toml", "pom.xml", "pylintrc"),
        *("pylintrc.toml", "pyproject.json", "pyproject.toml", "pyrefly.toml", "pyrightconfig.json"),
        *("pyrightconfig.toml", "pytest.ini", "pytest.toml", "pyvenv.cfg", "qwen.md", "rakefile"),
        *(
            "ansible.cfg",
            "autorun.inf",
            "biome.json",
            "cdk.json",
            "composer.json",
            "desktop.ini",
            "devbox.json",
        ),
        *(
            "dockerfile",
            "docker-compose.yaml",
            "docker-compose.yml",
            "compose.yaml",
            "compose.yml",
            "dodo.py",
        ),
        *("fabfile.py", "hatch.toml", "jenkinsfile", "lerna.json", "meson.build", "nx.json", "pdm.toml"),
        *("pixi.toml", "procfile", "rush.json", "samconfig.toml", "sconstruct", "skaffold.yaml"),
        *("taskfile.yaml", "taskfile.yml", "tiltfile", "turbo.json", "workspace", "_netrc", "_vimrc"),
        *("ruff.toml", "setup.cfg", "setup.py", "shell.nix", "sitecustomize.py", "terraform.rc"),
        *("terragrunt.hcl", "tox.ini", "ty.toml", "usercustomize.py", "uv.toml", "warp.md"),
    }
)
# Of these, where authors may have named what their code needs.
_OF_DEPENDENCIES = frozenset({"pipfile", "poetry.toml", "pyproject.toml", "setup.cfg", "setup.py"})
_INSTEAD = "Name dependencies in requirements.in beside the code, then: presso build NAME --lock"
# A .pth runs code when Python starts, and lefthook's settings when git does. OpenTofu reads .tofu in place of
# .tf, and Terraform's other commands read .hcl: no check does.
_OF_SETTINGS = re.compile(
    r".*\.config\.[cm]?[jt]s|.*\.code-workspace|.*\.csproj|.*\.pth|.*\.sublime-.*|.*\.tofu(?:\.json)?"
    r"|terragrunt\..*|.*\.(?:tfquery|tfcomponent|tfdeploy|tfstack)\.hcl|.*\.tofutest\.(?:hcl|json)"
    r"|.*\.(?:bazel|bzl|desktop|gemspec|lnk|url|webloc)|profile\.ps1|mix\.exs|package\.swift|build\.rs"
    r"|lefthook(?:-local)?\.(?:json|toml|ya?ml)",
    re.DOTALL,
)
# What package.json may have: nothing that editors and package managers run, or load as code.
_OF_PACKAGE = frozenset(
    {
        *("author", "browser", "bugs", "contributors", "dependencies", "description", "devDependencies"),
        *("engines", "exports", "files", "homepage", "imports", "keywords", "license", "main", "module"),
        *("name", "optionalDependencies", "overrides", "peerDependencies", "private", "repository"),
        *("scripts", "sideEffects", "type", "types", "version"),
    }
)
_RUN_BY_NPM = re.compile(r"(?:pre|post)?(?:install|pack|prepare|publish)|prepublishOnly|dependencies")
# Signs that terminals obey, and marks that reverse the direction of any letters.
_COMMANDS = re.compile(r"\r(?!\n)|[\x01-\x08\v\x0e-\x1f\x7f-\x9f\u202d\u202e]")
_TEXTS = (".json", ".md", ".txt", ".yaml", ".yml")
_OF_WINDOWS = re.compile(r"(?:aux|con|nul|prn|com\d|lpt\d)(?:\..*)?|.*[. ]", re.DOTALL | re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9 _.,+=@~()\[\]{}-]*", re.ASCII)
_FOR_PEOPLE = (".md", ".txt", ".png", ".jpg", ".svg")
# Of these, what presso, and tools, read by its name.
_READ = frozenset(
    {"readme.md", "requirements.txt", *(name for name in _SETTINGS if name.endswith(_FOR_PEOPLE))}
)
_ASCII = 127
# Small letters of Cyrillic and Greek that look like those of ASCII.
# https://www.unicode.org/Public/security/latest/confusables.txt
_ALIKE = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u051d\u0445\u0443"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03b3",
    "acdehijlopqswxyaikvoptuxy",
)


@check(
    "S-020",
    "Files mislead neither people nor tools",
    why="A .gitattributes hides files from a review. Settings of editors, shells, package managers and "
    "assistants run programs where the folder is opened or built; their names begin with a dot, or are "
    "known. A name with a letter of another alphabet, or with a hyphen at its beginning, is taken for "
    "another file or for an option.",
    fix="Remove it. Use letters, digits, blanks and . _ - in names, and no hyphen at the beginning; other "
    "letters are allowed in the names of texts and pictures, unless the name looks like that of another "
    "file.",
    bad='src/.npmrc, .gitattributes, "-rf"',
)
def misleading(model: Model) -> Iterator[Hit]:
    """Yield files with such names."""
    others = {file.lower() for file in model.text.files}
    for file in model.text.files:
        path = PurePosixPath(file)
        setting = next((part for part in path.parts if _is_setting(part)), None)
        if setting is not None:
            fix = _INSTEAD if setting.lower() in _OF_DEPENDENCIES else ""
            yield Hit(Place(file), f"{setting} is a setting of a tool", fix)
            continue
        plain = [bool(_PLAIN.fullmatch(part)) for part in path.parts]
        is_text = path.suffix.lower() in _FOR_PEOPLE and not any(part.startswith("-") for part in path.parts)
        if any(_OF_WINDOWS.fullmatch(part) for part in path.parts):
            yield Hit(Place(file), f"{file} has a name that Windows reads as another one, or does not allow")
        elif not all(plain) and not (is_text and all(part.isprintable() for part in path.parts)):
            yield Hit(Place(file), f"{file} has a name that programs read as another one, or as an option")
        elif not all(plain) and _looks_like(file, others):
            yield Hit(Place(file), f"{file} has a name that people read as another one")


@check(
    "S-024",
    "Texts and manifests give no commands",
    why="A text with escape codes can clear the terminal that shows it, and write another one. "
    "Package managers and editors run what package.json names, as soon as the folder is installed or opened.",
    fix="Remove the signs, and save texts as UTF-8; in package.json leave out scripts around installing, "
    "packageManager and the settings of tools.",
    bad='{"scripts": {"preinstall": "…"}}',
)
def commanding(model: Model) -> Iterator[Hit]:
    """Yield signs in texts that terminals obey, and what package.json has others run."""
    for file in model.text.tree.files:
        if not file.path.lower().endswith(_TEXTS):
            continue
        if encoding := text_file.wide_encoding(file.content):
            yield Hit(Place(file.path), f"{file.path} is {encoding}, not UTF-8")
            continue
        text = file.content.decode("utf-8", "replace")
        if found := _COMMANDS.search(text):
            yield Hit(
                Place.in_text(file.path, text, found.start()),
                f"{file.path} has U+{ord(found[0]):04X}, which terminals obey",
            )
        if PurePosixPath(file.path).name.lower() == "package.json":
            yield from (Hit(Place(file.path), f"{file.path} {fault}") for fault in _of_package(text))


def _of_package(text: str) -> Iterator[str]:
    try:
        read = loads(text)
    except NotJson:
        return  # S-018 reports it where it is used
    if not isinstance(read, dict):
        return
    for name in sorted({*read} - _OF_PACKAGE):
        yield f"sets {name}, which tools may run"
    scripts = read.get("scripts")
    for name in sorted(scripts) if isinstance(scripts, dict) else ():
        if _RUN_BY_NPM.fullmatch(name):
            yield f"has the script {name}, which package managers run by themselves"


def _looks_like(file: str, others: Iterable[str]) -> bool:
    """Whether a path may be read as another: as one of the folder, or as a file that tools read.

    Beside letters of ASCII any other sign may be read as one: more look alike than tables have.
    """
    plain = unicodedata.normalize("NFKC", file).lower()
    alike = plain.translate(_ALIKE)
    if plain.isascii() or (alike.isascii() and (alike in others or PurePosixPath(alike).name in _READ)):
        return True
    if not re.search("[a-z]", PurePosixPath(plain).stem):
        return False
    signs = "".join("[ -~]" if ord(sign) > _ASCII else re.escape(sign) for sign in plain)
    path, name = re.compile(signs), re.compile(signs.rpartition("/")[2])
    return any(map(path.fullmatch, others)) or any(map(name.fullmatch, _READ))


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
        for found in archives.misplaced(names):
            yield Hit(archive.place, f"{archive.address} {found}")
        output = archive.values.get("output_path")
        if isinstance(output, str):
            first = made.setdefault(posixpath.normpath(output).lower(), archive.address)
            if first != archive.address:
                yield Hit(archive.at("output_path"), f"{archive.address} writes over the archive of {first}")
            for folder in _packed_folders(model):
                if f"{posixpath.normpath(output)}/".startswith(f"{folder}/"):
                    what = f"{archive.address} writes among the files that an archive packs"
                    yield Hit(archive.at("output_path"), what)
                    break
    for file in model.text.tree.files:
        yield from (Hit(Place(file.path), f"{file.path} {found}") for found in archives.faults(file.content))


def _packed_folders(model: Model) -> set[str]:
    """What archives pack: folders, and single files."""
    given = (
        archive.values.get(name)
        for archive in model.resources
        if archive.type == "archive_file"
        for name in ("source_dir", "source_file")
    )
    return {posixpath.normpath(path) for path in given if isinstance(path, str)}
