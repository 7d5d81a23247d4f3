"""Reads `extension.yaml` of an untrusted extension."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from presso import extensions, text_file
from presso.errors import UsageError
from presso.gate.model import ExtensionText, Hit, Hits, Place
from presso.json_text import DEEPEST
from presso.yaml_file import YamlFile

_MOST_BYTES = 64 * 1024
_OPENING = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSING = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def read(
    root: Path, text: ExtensionText
) -> tuple[extensions.Extension | None, dict[tuple[str | int, ...], int], Hits]:
    """The content of extension.yaml, the lines of its keys, and its faults."""
    path = root / "extension.yaml"
    if "extension.yaml" not in text.files:
        return None, {}, []  # M-002 reports it
    try:
        if path.stat().st_size > _MOST_BYTES:
            what = f"it has more than {_MOST_BYTES // 1024} kB"
            return None, {}, [("S-001", Hit(Place("extension.yaml"), what, "Shorten it."))]
        if alias := _alias(text_file.read(path, "extension.yaml")):
            what = f"it repeats a part of itself: the alias *{alias.value}"
            place = Place("extension.yaml", alias.start_mark.line + 1)
            return None, {}, [("S-001", Hit(place, what, "Write the part out where the alias is."))]
        document = YamlFile.read(path, "extension.yaml")
        metadata = extensions.read(root, "extension.yaml")
    except (UsageError, OSError) as error:
        return None, {}, [("M-001", hit) for hit in _faults(str(getattr(error, "message", error)))]
    lines = dict(document.lines)
    return metadata, lines, []


def _alias(text: str) -> yaml.AliasToken | None:
    """The first alias in a text of YAML; None where YamlFile refuses the text."""
    if "*" not in text:
        return None
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                return token
            # PyYAML compares each of these with all around it.
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > DEEPEST:
                break
    except yaml.YAMLError:
        pass
    return None


def _faults(message: str) -> Iterator[Hit]:
    for line in message.splitlines():
        found = re.match(r"extension\.yaml:(\d+): (.*)", line)
        yield Hit(Place("extension.yaml", int(found[1]) if found else 1), found[2] if found else line)
