"""TypeScript, Java and Go for events, by quicktype, which runs on Node and is installed when it is needed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from event_patterns.schemas import Schema, schema_words
from presso.catalog.bindings.module_names import module
from presso.catalog.bindings.plain import without_formats
from presso.catalog.event_schema import whole
from presso.catalog.events import CatalogEvent
from presso.catalog.openapi import component
from presso.errors import PressoError

_SCRIPT = Path(__file__).with_suffix(".cjs")
_PACKAGE = "events"
_NAMED = {"properties", "enum", "allOf", "anyOf", "oneOf"}
_JSON_INCLUDE = "com.fasterxml.jackson.annotation.JsonInclude"


@dataclass(frozen=True)
class Dialect:
    """The options of quicktype for a language.

    Args:
        options: quicktype's own.
        prepared: What is made of an event's schema first.
        finished: What is made of quicktype's files, by an event and their names and texts.
    """

    options: dict[str, Any]
    prepared: Callable[[Schema, str], Schema]
    finished: Callable[[CatalogEvent, dict[str, str]], dict[str, str]]


def files(
    events: Sequence[CatalogEvent], envelope: Schema, language: str
) -> dict[str, tuple[CatalogEvent | None, str]]:
    """The files with the code for some events, by name.

    Raises:
        PressoError: quicktype is not installed, or cannot make anything of a schema.
    """
    dialect = DIALECTS[language]
    schemas = [
        {
            "name": component(event),
            "schema": dialect.prepared(without_formats(whole(event, envelope)), component(event)),
        }
        for event in events
    ]
    made = _run({"language": language, "options": dialect.options, "schemas": schemas}, language)
    return {
        name: (event, f"{text.rstrip()}\n")
        for event, found in zip(events, made, strict=True)
        for name, text in dialect.finished(event, found).items()
    }


def _run(order: dict[str, Any], language: str) -> list[dict[str, str]]:
    from presso.node import NodeJs

    try:
        node = NodeJs.installed()
    except PressoError as error:
        raise PressoError(
            f"Code in {language} needs quicktype, which runs on Node: {error.message}",
            hint=f"In a checkout of presso, ./presso catalog code … --language {language} installs both. "
            "Python needs neither.",
        ) from error
    try:
        done = node.run(_SCRIPT, stdin=json.dumps(order))
    except subprocess.TimeoutExpired as error:
        raise PressoError(f"quicktype did not end within {error.timeout:.0f} seconds.") from error
    if done.returncode:
        raise PressoError(
            f"quicktype cannot generate {language} for these events: {done.stderr.strip()[:500]}",
            hint="Try them one at a time; their schemas are in the catalog.",
        )
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


class _Titles:
    """Names the parts of an event's schema after the event, to avoid collisions with other events."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.taken = {prefix, f"{prefix}Converter"}

    def put(self, schema: Any, name: str = "", above: str = "") -> Any:
        """The schema with titles, from which quicktype takes its names."""
        if not isinstance(schema, dict):
            return schema
        made = dict(schema)
        made.pop("title", None)
        if name and _NAMED & schema.keys():
            made["title"] = self._free(name, above)
        for key in ("properties", "$defs"):
            if key in schema:
                made[key] = {below: self.put(part, below, name) for below, part in schema[key].items()}
        for key, more in (("items", "Item"), ("additionalProperties", "Value")):
            if key in schema:
                made[key] = self.put(schema[key], f"{name} {more}", name)
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                made[key] = [self.put(part, name, above) for part in schema[key]]
        return made

    def _free(self, name: str, above: str) -> str:
        title = self.prefix + _pascal(name)
        if title in self.taken:
            title = self.prefix + _pascal(f"{above} {name}")
        while title in self.taken:
            title += "_"
        self.taken.add(title)
        return title


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", name)) or "Field"


def _texts(schema: Any, *keys: str) -> Any:
    """A schema that has plain texts, described, where there are constants of text."""
    if isinstance(schema, list):
        return [_texts(part, *keys) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _texts(part, *keys) for key, part in schema.items()}
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    key = "const" if "const" in schema else "enum"
    if key in keys and isinstance(values, list) and all(isinstance(value, str) for value in values):
        said, sentences = schema_words(schema), [str(schema.get("description", "")).strip()]
        if not all(value in sentences[0] for value in values):
            sentences.append(f"{said[:1].upper()}{said[1:]}.")
        made = {**made, "type": "string", "description": " ".join(filter(None, sentences))}
        del made[key]
    return made


def _typescript(event: CatalogEvent, found: dict[str, str]) -> dict[str, str]:
    (text,) = found.values()
    return {f"{component(event)}.ts": text}


def _java(event: CatalogEvent, found: dict[str, str]) -> dict[str, str]:
    """Each event has a converter of its own, which leaves out what is not there."""
    name = f"{component(event)}Converter"
    made = {file: re.sub(r"\bConverter\b", name, _plain_comments(text)) for file, text in found.items()}
    converter = made.pop("Converter.java").replace(
        "mapper.findAndRegisterModules();",
        "mapper.findAndRegisterModules();\n"
        "        mapper.setSerializationInclusion(JsonInclude.Include.NON_NULL);",
    )
    converter = converter.replace("import java.util.*;", f"import {_JSON_INCLUDE};\nimport java.util.*;")
    return {f"{name}.java": converter, **made}


def _plain_comments(java: str) -> str:
    """Return Java without backslashes in comments: the escapes of `*/` would end one, and code could follow.

    Java decodes such escapes before it looks for comments:
    https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.3
    """
    return _COMMENT.sub(lambda found: found[0].replace("\\", "&#92;"), java)


_COMMENT = re.compile(r"^[^\S\n]*(?:/\*|\*|//).*$", re.MULTILINE)
_FIELD = re.compile(r"\t(\w+) +(\S+(?: \S+)*) +(`json:.*`)")


def _go(event: CatalogEvent, found: dict[str, str]) -> dict[str, str]:
    """As gofmt writes it: a line between fields, for else their columns would have to be aligned."""
    (text,) = found.values()
    # Each file brings its own of these two functions.
    text = re.sub(r"\b((?:un)?marshal)Union\b", rf"\1{component(event)}Union", text)
    # They are indented by two tabs a level, but for the first.
    text = re.sub(r"^\t{3,}", lambda tabs: "\t" * ((len(tabs[0]) + 1) // 2), text, flags=re.MULTILINE)
    lines: list[str] = []
    for line in map(str.rstrip, text.split("\n")):
        field = _FIELD.fullmatch(line)
        begins = field or line.startswith("\t//")
        above = lines[-1] if lines else ""
        if begins and not above.startswith("\t//") and not above.endswith("{"):
            lines.append("")
        lines.append(f"\t{field[1]} {field[2]} {field[3]}" if field else line)
    return {f"{module(event)}.go": "\n".join(lines)}


DIALECTS = {
    "typescript": Dialect(
        {"runtime-typecheck": True, "prefer-unions": True, "readonly": True},
        lambda schema, name: schema,
        _typescript,
    ),
    "java": Dialect(
        {"package": _PACKAGE, "array-type": "list", "acronym-style": "pascal"},
        lambda schema, name: _Titles(name).put(_texts(schema, "const")),
        _java,
    ),
    "go": Dialect(
        {"package": _PACKAGE},
        lambda schema, name: _Titles(name).put(_texts(schema, "const", "enum")),
        _go,
    ),
}
