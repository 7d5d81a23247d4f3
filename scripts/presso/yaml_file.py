"""A YAML file read with the line of every key, so that an error names file, line and key.

Only values that JSON has too are read: YAML's dates are texts, and its sets, binary data and keys that are
not text are rejected. So every value of a file can be written as JSON. A file has at
most `MOST_BYTES`, `MOST_NODES` values after its aliases are expanded, and `DEEPEST` levels.
"""

import marshal
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from event_patterns.nearest import nearest
from presso import records, text_file
from presso.errors import UsageError
from presso.json_text import DEEPEST
from presso.records import KeyPath, Record

MOST_BYTES = 1024 * 1024
MOST_NODES = 50_000
# Texts that are kept as they were parsed, so at most 2 MB of them: one command reads many files repeatedly.
_KEPT = 256
_MOST_KEPT_CHARACTERS = 8 * 1024
Location = KeyPath
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_TAGS = frozenset(f"{_TAG}{name}" for name in ("bool", "float", "int", "map", "merge", "null", "seq", "str"))
# Characters that YAML allows in a text unescaped (YAML 1.1, 5.1); others need an escape in double quotes.
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE


class _Reading:
    """The differences from PyYAML's safe loaders: no dates, and every error has its place."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return a node's value; see `yaml.constructor.SafeConstructor`."""
        try:
            value = super().construct_object(node, deep)  # type: ignore[misc]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            kind = node.tag.removeprefix(_TAG)
            raise yaml.constructor.ConstructorError(
                None, None, f"not a value of the type {kind}", node.start_mark
            ) from None
        if fault := _fault_of(value):
            raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)
        return value


def _fault_of(value: Any) -> str:
    """Return why a value cannot be written as JSON; "" when it can."""
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number is needed: JSON has neither infinity nor .nan"
    if isinstance(value, int) and abs(value) >= 10**308:
        return "the number is too large"
    if isinstance(value, str) and (found := _NO_CHARACTER.search(value)):
        return "a text has a NUL" if found[0] == "\0" else "half of a surrogate pair is not a character"
    return ""


def _loader(base: type) -> Any:
    """Return a loader of PyYAML that reads dates, and the text `=`, as texts."""
    kept = {
        first: [(tag, form) for tag, form in resolvers if tag in _TAGS]
        for first, resolvers in base.yaml_implicit_resolvers.items()  # type: ignore[attr-defined]
    }
    return type("Loader", (_Reading, base), {"yaml_implicit_resolvers": kept})


_PYTHON = _loader(yaml.SafeLoader)
_FAST = _loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@dataclass(frozen=True)
class YamlFile:
    """A YAML document and where its parts are.

    Args:
        path: The file.
        shown: Its name in messages.
        data: The document as plain Python values.
        node: The document as PyYAML read it, not to be changed; None when it is empty.
        defaults: The file with the values of keys that this one does not have; they are in `data`.
        own: The values of this file alone, where there are defaults.
    """

    path: Path
    shown: str
    data: Any
    node: yaml.Node | None = None
    defaults: "YamlFile | None" = None
    own: Any = None

    @classmethod
    def read(cls, path: Path, shown: str) -> "YamlFile":
        """Read a file with one document.

        Raises:
            UsageError: The file cannot be read, is not YAML, has a key twice, or has a value that JSON lacks.
        """
        text = text_file.read(path, shown, MOST_BYTES)
        if found := _UNPRINTABLE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise UsageError(
                f"{shown}:{line}: invalid YAML: the control character U+{ord(found[0]):04X}.",
                hint="Write it as an escape in double quotes, or remove it.",
            )
        try:
            node, data = _read(text)
        except yaml.YAMLError as error:
            raise cls._broken(shown, _in_words(text, error)) from None
        return cls(path, shown, data, node)

    @staticmethod
    def _broken(shown: str, error: yaml.YAMLError) -> UsageError:
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}:{mark.line + 1}" if mark else shown
        if isinstance(error, _Refused):
            return UsageError(f"{where}: {error.problem}.", hint=error.hint)
        problem = getattr(error, "problem", None) or str(error)
        return UsageError(f"{where}: invalid YAML: {problem}.", hint="Check its indentation and quotes.")

    @cached_property
    def lines(self) -> dict[Location, int]:
        """The line (from 1) of every key and list item by its path, such as `("extensions", 0)`."""
        return {(): 1, **(dict(_lines(self.node, ())) if self.node else {})}

    def over(self, defaults: "YamlFile") -> "YamlFile":
        """Return this document with the keys that only `defaults` has; mappings are merged key by key."""
        return replace(self, data=_merged(self.data, defaults.data), defaults=defaults, own=self.data)

    def check(self, needed: Sequence[str], known: Sequence[str]) -> None:
        """Reject the file when it is not a mapping, lacks a required key or has an unknown one.

        Raises:
            UsageError: The file is rejected; the message names file, line and the nearest known key.
        """
        if not isinstance(self.data, dict):
            self.refuse((), f"expected keys and values: {', '.join(needed)}")
        for key in self.data:
            if key not in known:
                near = nearest(key, known)
                self.refuse((key,), "unknown key" + (f"; did you mean {near}?" if near else ""))
        for key in needed:
            if key not in self.data:
                self.refuse((), f"{key} is missing")

    def refuse(self, location: Location, fault: str) -> NoReturn:
        """Raise the error for a fault at a place in the file.

        Raises:
            UsageError: Always.
        """
        path = ".".join(str(part) for part in location)
        raise UsageError(f"{self.where(location)}: {f'{path}: ' if path else ''}{fault}.")

    def where(self, location: Location) -> str:
        """Return `file:line` of the deepest known part of a path."""
        file, line = self._place(location)
        return f"{file}:{line}"

    def _place(self, location: Location) -> tuple[str, int]:
        if self.defaults:
            known = _known(self.own, location)
            inherited = location[: known + 1]
            if known < len(location) and _known(self.defaults.data, inherited) == len(inherited):
                return self.defaults._place(location)
        while location and location not in self.lines:
            location = location[:-1]
        return self.shown, self.lines[location]

    def parse(self, kind: type[Record]) -> Record:
        """Return the document as a dataclass, read by the rules of `presso.records`.

        Raises:
            UsageError: The file does not fit; one fault per line, with file, line and key.
        """
        if not isinstance(self.data, dict):
            keys = ", ".join(records.keys_of(kind))
            raise UsageError(f"{self.shown}:1: expected keys and values.", hint=f"Known keys: {keys}.")
        try:
            return records.read(kind, self.data)
        except records.Faults as error:
            ordered = sorted(error.faults, key=lambda fault: self._place(fault.place))
            texts = [
                f"{self.where(fault.place)}: {'.'.join(map(str, fault.place))}: {fault.text}."
                for fault in ordered
            ]
            raise UsageError("\n".join(dict.fromkeys(texts))) from error


def _merged(own: Any, defaults: Any) -> Any:
    """Return a value with the keys that only its default has."""
    if not isinstance(own, dict) or not isinstance(defaults, dict):
        return own
    added = {key: value for key, value in defaults.items() if key not in own}
    return {key: _merged(value, defaults.get(key)) for key, value in own.items()} | added


def _known(value: Any, location: Location) -> int:
    """Return how many parts of a path a value decides: all of them where it has no mapping for one."""
    for number, part in enumerate(location):
        if not isinstance(value, dict):
            break
        if part not in value:
            return number
        value = value[part]
    return len(location)


class _Refused(yaml.MarkedYAMLError):
    """YAML that is valid but rejected."""

    def __init__(self, problem: str, mark: Any, hint: str = "") -> None:
        super().__init__(None, None, problem, mark)
        self.hint = hint


def load(text: str) -> Any:
    """Return the value of a YAML text, read like a file's.

    Raises:
        yaml.YAMLError: It is not YAML, or is rejected.
    """
    return _read(text)[1]


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """Return a text's node, which must not be changed, and its value, which no other caller has."""
    if len(text) > _MOST_KEPT_CHARACTERS:
        return _parsed(text, _FAST)
    node, data = _kept(text)
    return node, marshal.loads(data)  # noqa: S302 - written here


@lru_cache(_KEPT)
def _kept(text: str) -> tuple[yaml.Node | None, bytes]:
    node, data = _parsed(text, _FAST)
    return node, marshal.dumps(data)


def _parsed(text: str, kind: Any) -> tuple[yaml.Node | None, Any]:
    loader = kind(text)
    try:
        node = _Composer(loader).document()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _in_words(text: str, error: yaml.YAMLError) -> yaml.YAMLError:
    """Return the error as PyYAML's own parser words it: more readable than libyaml's."""
    if isinstance(error, _Refused):
        return error
    try:
        _parsed(text, _PYTHON)
    except yaml.YAMLError as plain:
        return plain
    return error


class _Composer:
    """Builds nodes from a parser's events, as PyYAML's composer does, but with limits and without recursion.

    (PyYAML's crashes the process when lists are nested some thousands deep.)
    """

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._open: list[tuple[yaml.Node, str | None, int]] = []  # with anchor, and the count before it
        self._anchors: dict[str, tuple[yaml.Node, int]] = {}
        self._count = 0
        self._root: yaml.Node | None = None
        self._keys: list[dict[str, int]] = []
        self._key: list[yaml.Node | None] = []

    def document(self) -> yaml.Node | None:
        """Return the root of the only document; None when there is none.

        Raises:
            yaml.YAMLError: It is not YAML, has a second document, is too large or deep, or has a key twice.
        """
        documents = 0
        while not isinstance(event := self._loader.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused("a second document begins here (---); a file has one", event.start_mark)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
        return self._root

    def _node(self, event: Any) -> None:
        self._counted(event)
        if isinstance(event, yaml.AliasEvent):
            self._alias(event)
            return
        if event.anchor is not None and event.anchor in self._anchors:
            raise _Refused(f"the anchor &{event.anchor} is given twice", event.start_mark)
        node = self._made(event)
        if isinstance(event, yaml.ScalarEvent):
            self._add(node)
            if event.anchor is not None:
                self._anchors[event.anchor] = node, 1
            return
        self._open.append((node, event.anchor, self._count))
        self._keys.append({})
        self._key.append(None)
        if len(self._open) > DEEPEST:
            raise _Refused(f"nested more than {DEEPEST} deep", event.start_mark)

    def _made(self, event: Any) -> yaml.Node:
        is_scalar = isinstance(event, yaml.ScalarEvent)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        kind: Any = yaml.ScalarNode if is_scalar else yaml.SequenceNode if is_list else yaml.MappingNode
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._loader.resolve(kind, event.value if is_scalar else None, event.implicit)
        if tag not in _TAGS:
            shown = f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag
            raise _Refused(
                f"the type {shown} is not allowed",
                event.start_mark,
                "Use texts, numbers, true, false, null, lists, and keys with values; a date is a text.",
            )
        made: yaml.Node = kind(tag, event.value if is_scalar else [], event.start_mark, event.end_mark)
        return made

    def _alias(self, event: Any) -> None:
        if any(anchor == event.anchor for _, anchor, _ in self._open):
            raise _Refused(
                f"nested more than {DEEPEST} deep: the alias *{event.anchor} is inside its own anchor",
                event.start_mark,
            )
        if event.anchor not in self._anchors:
            raise _Refused(f"no anchor &{event.anchor} before the alias *{event.anchor}", event.start_mark)
        node, count = self._anchors[event.anchor]
        self._counted(event, count)
        self._add(node)

    def _counted(self, event: Any, more: int = 1) -> None:
        self._count += more
        if self._count > MOST_NODES:
            raise _Refused(
                f"more than {MOST_NODES:,} values, including those that aliases (*) repeat", event.start_mark
            )

    def _add(self, node: yaml.Node) -> None:
        """Add a complete node to its parent."""
        if not self._open:
            self._root = node
            return
        outer = self._open[-1][0]
        if isinstance(outer, yaml.SequenceNode):
            outer.value.append(node)
        elif (key := self._key[-1]) is None:
            self._key[-1] = self._checked_key(node)
        else:
            outer.value.append((key, node))
            self._key[-1] = None

    def _checked_key(self, node: yaml.Node) -> yaml.Node:
        if not isinstance(node, yaml.ScalarNode):
            raise _Refused("a key must be a text, not a list or a mapping", node.start_mark)
        if node.tag not in (f"{_TAG}str", _MERGE):
            what = node.tag.removeprefix(_TAG)
            raise _Refused(
                f"{node.value}: a key must be a text, and YAML reads this as {_KINDS.get(what, what)}",
                node.start_mark,
                "Write it in quotes.",
            )
        if node.value in self._keys[-1]:
            first = self._keys[-1][node.value]
            raise _Refused(
                f"{node.value}: given twice, first on line {first}", node.start_mark, "Keep one of them."
            )
        self._keys[-1][node.value] = node.start_mark.line + 1
        return node

    def _close(self) -> None:
        node, anchor, before = self._open.pop()
        self._keys.pop()
        self._key.pop()
        self._add(node)
        if anchor is not None:
            self._anchors[anchor] = node, self._count - before + 1


_KINDS = {"bool": "yes or no", "float": "a number", "int": "a number", "null": "nothing"}


def _lines(node: yaml.Node, path: Location) -> Iterator[tuple[Location, int]]:
    """Yield the place and line of every part below a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*path, str(key.value))
            yield place, key.start_mark.line + 1
            yield from _lines(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1
            yield from _lines(value, (*path, index))
