"""The version of an extension in a tenant's file, changed in its text: comments and layout stay."""

from __future__ import annotations

import re
from typing import Any

import yaml

from presso import yaml_file
from presso.errors import PressoError
from presso.yaml_file import YamlFile

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*")


def pinned(text: str, document: YamlFile, extension: str, version: str) -> str:
    """Return the text of a tenant's file with the version.

    Args:
        text: The text.
        document: The same, parsed.
        extension: An extension that the file lists.
        version: A git ref.

    Raises:
        PressoError: The file does not list the extension itself, or is written so that it cannot be changed.
    """
    number, item = _item(document, extension)
    quoted = version if _PLAIN.fullmatch(version) and yaml_file.load(version) == version else f'"{version}"'
    if isinstance(item, yaml.ScalarNode):
        changed = _replaced(text, item, f"{{name: {item.value}, version: {quoted}}}")
    else:
        known = {key.value: (key, value) for key, value in item.value}
        if "version" in known:
            changed = _replaced(text, known["version"][1], quoted)
        else:
            key, value = known["name"]
            in_line = _source(text, item).startswith("{")
            between = ", " if in_line else f"\n{' ' * key.start_mark.column}"
            changed = _replaced(text, value, f"{_source(text, value)}{between}version: {quoted}")
    wanted = _with_version(document.data, number, extension, version)
    try:
        if yaml_file.load(changed) == wanted:
            return changed
    except yaml.YAMLError:
        pass
    raise PressoError(
        f"{document.where(('extensions', number))}: the version cannot be written here.",
        hint=f"Write the entry without anchors and aliases: {{name: {extension}, version: {version}}}",
    )


def _item(document: YamlFile, extension: str) -> tuple[int, Any]:
    """Return the entry of an extension: its number, and its node."""
    top = document.node.value if isinstance(document.node, yaml.MappingNode) else []
    listed = next((value for key, value in top if key.value == "extensions"), None)
    items = listed.value if isinstance(listed, yaml.SequenceNode) else []
    for number, item in enumerate(items):
        entry = document.data["extensions"][number]
        if extension == (entry.get("name") if isinstance(entry, dict) else entry):
            return number, item
    raise PressoError(
        f"{document.shown} does not list {extension} itself.",
        hint="tenants/defaults.yaml lists it for all tenants: list the extensions in the tenant's own file.",
    )


def _with_version(data: Any, number: int, extension: str, version: str) -> Any:
    entry = data["extensions"][number]
    entry = {**(entry if isinstance(entry, dict) else {"name": extension}), "version": version}
    entries = [*data["extensions"][:number], entry, *data["extensions"][number + 1 :]]
    return {**data, "extensions": entries}


def _span(text: str, node: yaml.Node) -> tuple[int, int]:
    """Return where a node of one line is in the text."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    begin, end = node.start_mark, node.end_mark
    return starts[begin.line] + begin.column, starts[end.line] + end.column


def _source(text: str, node: yaml.Node) -> str:
    begin, end = _span(text, node)
    return text[begin:end]


def _replaced(text: str, node: yaml.Node, new: str) -> str:
    begin, end = _span(text, node)
    return f"{text[:begin]}{new}{text[end:]}"
