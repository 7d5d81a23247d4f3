"""A copy of an extension under another name: names, sources and words about it are the new one's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from presso import extensions
from presso.errors import UsageError
from presso.extension_tree import ExtensionTree
from presso.scaffold.answers import title_of
from presso.scaffold.yaml_scalars import scalar
from presso.workspace import Workspace

_IN_YAML = (
    r"(?m)(?<=^name: )[\"']?{}[\"']?$",
    r"(?m)(?<=^  name: )[\"']?{}[\"']?$",
    r"(?m)(?<=^  - name: )[\"']?{}[\"']?$",
    r"(?<=extensions: \[)[\"']?{}[\"']?(?=\])",
)
# Where a name that is an ordinary word, such as `feedback`, can only be the extension's.
_PLACES = (
    r"(?<=\.extension\.){}(?![\w-])",
    r"(?<=extensions/){}(?![\w-])",
    r"(?<=--){}(?=--)",
    r"(?<=[a-z0-9]/){}(?=[/\"'`\s,)\]]|$)",
    r"(?<=\}}/){}(?=\")",
    r"(?<=presso check ){}(?![\w-])",
    r"(?<=presso build ){}(?![\w-])",
    r"(?<=--update ){}(?![\w-])",
    r"(?m)(?<=    name: ){}$",
    r"(?<=\"presso:extension\" = \"){}(?=\")",
    r"(?m)(?<=extension = \"){}(?=\")",
)


@dataclass(frozen=True)
class Renaming:
    """What an extension's name, and its title, become in texts.

    A name of several words is recognised by its hyphens, and renamed wherever it is a whole word, also as
    `wait_times` and `WaitTimes`. One word can be anything: it is renamed where only a name can be.
    """

    old: str
    new: str
    old_title: str
    new_title: str

    def apply(self, text: str) -> str:
        """Return the text with the new names."""
        for pattern, replacement in self._rules():
            text = re.sub(pattern, lambda _, to=replacement: to, text)  # type: ignore[misc]
        return text

    def left(self, text: str) -> Iterator[int]:
        """The lines that still have the old name as a word."""
        word = re.compile(rf"(?i)(?<![\w-]){re.escape(self.old)}(?![\w-])")
        new = re.compile(rf"(?i)(?<![\w-]){re.escape(self.new)}(?![\w-])")
        for number, line in enumerate(text.splitlines(), 1):
            if word.search(new.sub("", line)):
                yield number

    def _rules(self) -> Iterator[tuple[str, str]]:
        title = re.escape(self.old_title)
        old = re.escape(self.old)
        camel = "".join(part.capitalize() for part in self.old.split("-"))
        new_camel = "".join(part.capitalize() for part in self.new.split("-"))
        written = rf"(?:[\"']?{title}[\"']?|{re.escape(scalar(self.old_title))})"
        for indent in ("", "  ", "      "):
            yield rf"(?m)(?<=^{indent}title: ){written}$", scalar(self.new_title)
        for place in _IN_YAML:  # a name such as `true` is not a text there without quotes
            yield place.format(old), scalar(self.new)
        yield rf"(?m)(?<=^# ){title}$", self.new_title
        yield rf"(?<![\w.]){camel}(?=\.[A-Z])", new_camel
        if "-" not in self.old:
            yield from ((place.format(old), self.new) for place in _PLACES)
            return
        yield rf"(?<![\w-]){title}(?![\w-])", self.new_title
        yield rf"(?<!\w)(?<!\w-){old}(?!\w)(?!-\w)", self.new
        yield rf"(?<![A-Za-z0-9]){old.replace(chr(92) + '-', '_')}(?![A-Za-z0-9])", self.new.replace("-", "_")
        yield rf"(?<![A-Za-z0-9]){camel}(?![a-z0-9])", new_camel


@dataclass(frozen=True)
class Copy:
    """A copy, as it lies in the workshop.

    Args:
        folder: The extension.
        left: `file:line` of each place that still has the old name, for review by the user.
    """

    folder: Path
    left: tuple[str, ...]


def copy(workspace: Workspace, source: str, name: str, title: str, into: Path) -> Copy:
    """Copy an extension into an empty folder, renamed.

    Raises:
        UsageError: There is no such extension, its description is broken, or it cannot be copied.
    """
    described = extensions.load(workspace, source)
    renaming = Renaming(source, name, described.title, title or title_of(name))
    left: list[str] = []
    folder = into / name
    _copy(workspace.extensions / source, folder, renaming, left.append, workspace)
    _check(folder, name, described.title)
    return Copy(folder, tuple(left))


def _copy(
    source: Path, target: Path, renaming: Renaming, tell: Callable[[str], None], workspace: Workspace
) -> None:
    shown = workspace.shown(source)
    tree = ExtensionTree.read(source)
    if tree.faults:
        raise UsageError(
            f"{shown}: {tree.faults[0].found}, which cannot be copied.",
            hint="Put a file there instead.",
        )
    for file in tree.files:
        if ".tfstate" in file.path.rpartition("/")[2]:
            continue
        copied = target / renaming.apply(file.path)
        copied.parent.mkdir(parents=True, exist_ok=True)
        try:
            renamed = renaming.apply(file.content.decode())
        except UnicodeDecodeError:
            copied.write_bytes(file.content)  # a picture: there is no name in it
        else:
            copied.write_bytes(renamed.encode())
            for line in renaming.left(renamed):
                tell(f"{copied.relative_to(target)}:{line}")
        copied.chmod(0o755 if file.executable else 0o644)


def _check(folder: Path, name: str, old_title: str) -> None:
    """Validate the copy's description against the contract.

    Raises:
        UsageError: Renaming made it invalid; the message states how.
    """
    try:
        extensions.read(folder, f"extensions/{name}/extension.yaml")
    except (UsageError, yaml.YAMLError) as error:
        raise UsageError(
            f"{old_title} cannot be copied as {name}: {error}.", hint="Choose another name or title."
        ) from error
