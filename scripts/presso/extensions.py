"""Extensions' own descriptions: `extensions/<name>/extension.yaml`."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from presso.errors import UsageError
from presso.nearest import did_you_mean
from presso.tenants import ExtensionName
from presso.workspace import Workspace
from presso.yaml_file import YamlFile

Text = Annotated[str, Field(min_length=1)]
DetailType = Annotated[str, Field(min_length=1, max_length=128)]


def _description_checked(text: str) -> str:
    words = len(text.split())
    if not 300 <= words <= 500:
        raise ValueError(f"a description has 300 to 500 words, this has {words}")
    return text


def _link_checked(link: str) -> str:
    if not link.startswith(("https://", "http://")) or any(c.isspace() for c in link):
        raise ValueError("a link starts with https:// and has no spaces")
    return link


Link = Annotated[str, AfterValidator(_link_checked)]


class Author(BaseModel):
    """The author of an extension.

    Args:
        github: The user or team (`organisation/team`) to ask when the extension changes, without the @.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Text
    bio: Text
    links: list[Link] = []
    github: Annotated[str, Field(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9])*(/[A-Za-z0-9][\w.-]*)?$")] | None = (
        None
    )


class EmittedEvent(BaseModel):
    """An event that an extension puts on its tenant's bus, with the JSON schema of its detail."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    detail_type: Annotated[DetailType, Field(alias="detail-type")]
    # Its key in YAML; `schema` itself is a method of pydantic's models.
    detail_schema: Annotated[dict[str, Any] | str, Field(alias="schema")]


class Extension(BaseModel):
    """The content of `extension.yaml`; the keys are the design's contract."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: ExtensionName
    title: Text
    summary: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, AfterValidator(_description_checked)]
    author: Author
    language: Text
    framework: Text
    resources: Annotated[list[Link], Field(min_length=1, max_length=5)]
    consumes: Annotated[list[DetailType], Field(min_length=1)]
    emits: list[EmittedEvent] = []

    @model_validator(mode="before")
    @classmethod
    def _without_waivers(cls, data: Any) -> Any:
        if isinstance(data, dict) and "waivers" in data:
            raise ValueError(
                "waivers: an extension cannot waive its own findings; the platform team grants waivers in "
                "waivers.yaml at the root of the checkout (docs/guides/reviewer.md)"
            )
        return data


def names_of(workspace: Workspace) -> list[str]:
    """Return the names of the extensions' folders, sorted, without reading them."""
    return sorted(path.parent.name for path in workspace.extensions.glob("*/main.tf"))


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
    extension = document.parse(Extension)
    if extension.name != folder.name:
        raise UsageError(
            f"{document.where(('name',))}: name: {extension.name} does not match the folder {folder.name}.",
            hint=f"Rename one of them: an extension lives in extensions/{extension.name}.",
        )
    return extension
