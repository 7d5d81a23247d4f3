"""Extensions' own descriptions: `extensions/<name>/extension.yaml`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from presso.errors import UsageError
from presso.records import Key, matching, sized
from presso.suggestions import did_you_mean
from presso.tenants import ExtensionName
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

Text = Annotated[str, sized(1)]
DetailType = Annotated[str, sized(1, 128)]


def _description_checked(text: str) -> str:
    words = len(text.split())
    if not 300 <= words <= 500:
        raise ValueError(f"a description has 300 to 500 words, this has {words}")
    return text


def _link_checked(link: str) -> str:
    if not link.startswith(("https://", "http://")) or any(c.isspace() for c in link):
        raise ValueError("a link starts with https:// and has no spaces")
    return link


Link = Annotated[str, _link_checked]


@dataclass(frozen=True, kw_only=True)
class Author:
    """The author of an extension.

    Args:
        github: The user or team (`organisation/team`) to ask when the extension changes, without the @.
    """

    name: Text
    bio: Text
    links: list[Link] = field(default_factory=list)
    github: Annotated[str, matching(r"^[A-Za-z0-9](-?[A-Za-z0-9])*(/[A-Za-z0-9][\w.-]*)?$")] | None = None


@dataclass(frozen=True, kw_only=True)
class EmittedEvent:
    """An event that an extension puts on its tenant's bus, with the JSON schema of its detail."""

    detail_type: Annotated[DetailType, Key("detail-type")]
    detail_schema: Annotated[dict[str, Any] | str, Key("schema")]


@dataclass(frozen=True, kw_only=True)
class Extension:
    """The content of `extension.yaml`."""

    name: ExtensionName
    title: Text
    summary: Annotated[str, sized(1, 200)]
    description: Annotated[str, _description_checked]
    author: Author
    language: Text
    framework: Text
    resources: Annotated[list[Link], sized(1, 5)]
    consumes: Annotated[list[DetailType], sized(1)]
    emits: list[EmittedEvent] = field(default_factory=list)


def names_of(workspace: Workspace) -> list[str]:
    """Return the names of the extensions' folders, sorted, without reading them."""
    return sorted(path.parent.name for path in workspace.extensions.glob("*/main.tf"))


def entries_of(workspace: Workspace) -> list[str]:
    """Return the names of all in `extensions` that is an extension or may be taken for one, sorted.

    Beside those of `names_of` these are links, and folders with a description or other files of Terraform's.
    """
    folder = workspace.extensions
    files = [
        path for ending in ("extension.yaml", "*.tf", "*.tf.json") for path in folder.glob(f"*/{ending}")
    ]
    links = [path.name for path in folder.iterdir() if path.is_symlink()] if folder.is_dir() else []
    return sorted({*(path.parent.name for path in files), *links})


def load(workspace: Workspace, name: str) -> Extension:
    """Return one extension's description.

    Raises:
        UsageError: There is no such extension, or its file is wrong (the message names file, line and key).
    """
    folder = workspace.extensions / name
    if not (folder / "extension.yaml").is_file():
        raise UsageError(
            f"There is no extension {name}: no extensions/{name}/extension.yaml.",
            hint=did_you_mean(name, names_of(workspace), "extensions"),
        )
    return read(folder, workspace.shown(folder / "extension.yaml"))


def read(folder: Path, shown: str) -> Extension:
    """Return the description in an extension's folder; `shown` is the file's name in errors.

    Raises:
        UsageError: The file is wrong, or its name is not the folder's.
    """
    document = YamlFile.read(folder / "extension.yaml", shown)
    if isinstance(document.data, dict) and "waivers" in document.data:
        document.refuse(
            ("waivers",),
            "an extension cannot waive its own findings; the platform team grants waivers in waivers.yaml "
            "at the root of the checkout (docs/guides/reviewer.md)",
        )
    extension = document.parse(Extension)
    if extension.name != folder.name:
        raise UsageError(
            f"{document.where(('name',))}: name: {extension.name} does not match the folder {folder.name}.",
            hint=f"Rename one of them: an extension lives in extensions/{extension.name}.",
        )
    return extension
