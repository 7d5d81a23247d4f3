"""The rules that a folder's Terraform declares: by building blocks with a `pattern`, or as resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from presso import platform_settings, text_file
from presso.catalog.rule import Rule, RuleTarget
from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.hcl.blocks import LABELS, Block, Unreadable, blocks_of
from presso.hcl.scope import scope_of
from presso.hcl.values import (
    MOST_VALUES,
    Deferred,
    Unknown,
    evaluate,
    is_large,
    plain,
    source_of,
    step_limit,
)
from presso.json_text import NotJson, loads
from presso.names import CORE, PLATFORM
from presso.workspace import Workspace

# The modules that make a rule of their argument `pattern`, and what it feeds.
BLOCKS = {
    "event-destination": "API destination",
    "event-function": "function",
    "event-queue": "queue",
    "event-workflow": "workflow",
}
_KINDS = {
    "aws_cloudwatch_event_api_destination": "API destination",
    "aws_cloudwatch_event_bus": "bus",
    "aws_cloudwatch_log_group": "log group",
    "aws_kinesis_stream": "stream",
    "aws_lambda_alias": "function",
    "aws_lambda_function": "function",
    "aws_sfn_state_machine": "workflow",
    "aws_sns_topic": "topic",
    "aws_sqs_queue": "queue",
}
# Resources whose name is not in `name`.
_NAMES = {"aws_lambda_function": "function_name"}
_MOST_BYTES = 1024 * 1024
_EMITTED = re.compile(r"""DetailType\W{1,6}?["']([^"'$]+)["']""")
# As YAML may have it, without quotes.
# Texts in an expression of JSONata that look like a detail-type.
_NAME_IN_EXPRESSION = re.compile(r"""["']([A-Za-z]+\.[A-Za-z]+)["']""")
_EXPRESSION = re.compile(r"""DetailType\W{1,6}?\{%([^%]*)%\}""")
_EMITTED_PLAIN = re.compile(r"""^[ -]*DetailType: +([^\s"'$&*#{][^"'$#\n]*)$""", re.MULTILINE)
_FILE = re.compile(r"""\b(?:template)?file\("\$\{path\.module\}/([\w./-]+)\"""")


def hcl_files(folder: Path) -> list[Path]:
    """The files of Terraform in a folder, in its order."""
    return sorted(path for path in folder.glob("*.tf") if path.is_file())


def rules_in(workspace: Workspace, folder: Path) -> list[Rule]:
    """The rules that a folder declares, one for each element of a `for_each` that the text shows.

    A building block has none of its own; it is not parsed.

    Raises:
        UsageError: A file is not HCL.
    """
    if folder.is_relative_to(workspace.modules) and folder.relative_to(workspace.modules).parts[0] in BLOCKS:
        return []
    blocks = [block for path in hcl_files(folder) for block in _blocks(workspace, path)]
    try:
        return list(_Folder(workspace, folder, blocks).rules())
    except RecursionError:
        raise UsageError(f"{workspace.shown(folder)}: its values refer to one another too deeply.") from None


def _blocks(workspace: Workspace, path: Path) -> Iterator[Block]:
    shown = workspace.shown(path)
    try:
        for block in blocks_of(text_file.read(path, shown, _MOST_BYTES), shown):
            if len(block.labels) == LABELS.get(block.type, 0):  # Terraform reports the faults of others
                yield block
    except Unreadable as error:
        raise UsageError(f"{shown}:{error.line}: is not HCL: {error}.") from None


class _Folder:
    """One module's files."""

    def __init__(self, workspace: Workspace, folder: Path, blocks: list[Block]) -> None:
        self.workspace = workspace
        self.blocks = blocks
        self.folder = folder
        self.extension = folder.is_relative_to(workspace.extensions)
        top = workspace.extensions if self.extension else workspace.modules
        name = folder.relative_to(top).parts[0]
        self.owner = PLATFORM if (self.extension, name) == (False, "tenant") else name

    def rules(self) -> Iterator[Rule]:
        for block in self.blocks:
            if block.type == "module":
                yield from self._of_module(block)
            elif block.type == "resource" and block.labels[0] == "aws_cloudwatch_event_rule":
                yield from self._of_resource(block)

    @cached_property
    def scope(self) -> dict[str, Any]:
        """The values of names in the text: locals, variables' defaults, and the context's event source."""
        sources = platform_settings.load(self.workspace).sources
        source = sources.of(self.owner) if self.extension else CORE_SOURCE
        given = {"context": {"event_source": source}} if self.extension or self.owner == CORE else {}
        found = scope_of(self.blocks, given)
        found |= step_limit()
        return found

    def _of_module(self, block: Block) -> Iterator[Rule]:
        source = evaluate(block.attributes["source"], {}) if "source" in block.attributes else ""
        kind = BLOCKS.get(str(source).partition("?")[0].rstrip("/").rpartition("/")[2])
        if not kind or "pattern" not in block.attributes:
            return
        for name, scope in self._instances(block, self._name(block)):
            pattern = evaluate(block.attributes["pattern"], scope)
            if pattern is not None:
                feeds = self._fed_by(f"module.{block.labels[0]}")
                target = RuleTarget(kind, name, feeds, self._emitted(block, scope))
                yield self._rule(block, "pattern", name, pattern, (target,))

    def _of_resource(self, block: Block) -> Iterator[Rule]:
        if "event_pattern" not in block.attributes:
            return
        label = block.labels[1]
        targets = tuple(self._targets(f"aws_cloudwatch_event_rule.{label}"))
        for name, scope in self._instances(block, self._name(block)):
            pattern = evaluate(block.attributes["event_pattern"], scope)
            if isinstance(pattern, str):
                try:
                    pattern = loads(pattern)
                except NotJson:
                    pattern = Unknown("event_pattern")
            yield self._rule(block, "event_pattern", name, pattern, targets)

    def _name(self, block: Block, attribute: str = "name") -> str:
        """The name within the owner: what follows the prefix, or the label."""
        label = block.labels[-1]
        named = attribute in block.attributes
        said = evaluate(block.attributes[attribute], self.scope) if named else label
        text = said.text if isinstance(said, Unknown) else str(said)
        name = text.rpartition("}")[2].lstrip("-")
        return name or label

    def _instances(self, block: Block, name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """Each instance's name and the value of `each` in it."""
        over = evaluate(block.attributes["for_each"], self.scope) if "for_each" in block.attributes else None
        if isinstance(over, list):
            over = {str(key): key for key in over}
        if not isinstance(over, dict):
            return [(name, self.scope)]
        return [
            (
                f"{name}[{key}]" if len(over) > 1 else name,
                {
                    **self.scope,
                    "each": {"key": key, "value": value.value() if isinstance(value, Deferred) else value},
                },
            )
            for key, value in over.items()
        ]

    def _rule(
        self, block: Block, attribute: str, name: str, pattern: Any, targets: tuple[RuleTarget, ...]
    ) -> Rule:
        rule = Rule(
            owner=self.owner,
            name=name,
            pattern={},
            targets=targets,
            file=block.file,
            line=block.line_of(attribute),
            extension=self.extension,
        )
        if is_large(pattern):
            return replace(rule, problem=f"its pattern has more than {MOST_VALUES:,} values")
        if not isinstance(pattern, dict):
            text = plain(pattern)
            return replace(rule, problem=f"its pattern is known only at plan: {text}")
        return replace(rule, pattern=plain(pattern), unknown=tuple(_unknown(pattern)))

    def _targets(self, address: str) -> Iterator[RuleTarget]:
        """What the targets of a rule hand its events to."""
        for block in self.blocks:
            named = block.type == "resource" and block.labels[0] == "aws_cloudwatch_event_target"
            if named and any(_mentions(block, name, address) for name in ("rule", "for_each")):
                yield self._target(_text(block, "arn"))

    def _target(self, arn: str) -> RuleTarget:
        kind, _, rest = arn.partition(".")
        label = rest.partition(".")[0].partition("[")[0]
        if kind == "module":
            return RuleTarget("module", label)
        said = _KINDS.get(kind, kind.removeprefix("aws_").replace("_", " ") or "target")
        return RuleTarget(said, self._called(kind, label), tuple(self._fed_by_mappings(f"{kind}.{label}")))

    def _called(self, kind: str, label: str) -> str:
        """What a resource is called within its owner; its label where it is not in these files."""
        found = (block for block in self.blocks if block.labels == (kind, label))
        block = next((block for block in found if block.type == "resource"), None)
        return self._name(block, _NAMES.get(kind, "name")) if block else label

    def _fed_by_mappings(self, address: str) -> Iterator[str]:
        """The functions that take what is in a queue or stream."""
        for block in self.blocks:
            mapping = block.type == "resource" and block.labels[0] == "aws_lambda_event_source_mapping"
            if mapping and _mentions(block, "event_source_arn", address):
                kind, _, rest = _text(block, "function_name").partition(".")
                yield self._called(kind, re.split(r"[.\[]", rest)[0])

    def _emitted(self, block: Block, scope: dict[str, Any]) -> tuple[str, ...]:
        """The detail-types that a workflow's definition emits, as far as the text or its file shows them."""
        if "definition" not in block.attributes:
            return ()
        definition = evaluate(block.attributes["definition"], scope)
        text = "" if is_large(definition) else str(plain(definition))
        found = set(_EMITTED.findall(text))
        for name in _FILE.findall(text):
            path = self.folder / name
            if ".." not in path.parts and path.is_file():  # Terraform reports any other
                content = text_file.read(path, f"{Path(block.file).parent}/{name}", _MOST_BYTES)
                found |= {*_EMITTED.findall(content), *map(str.rstrip, _EMITTED_PLAIN.findall(content))}
                text += content
        for expression in _EXPRESSION.findall(text):
            found |= set(_NAME_IN_EXPRESSION.findall(expression))
        return tuple(sorted(found))

    def _fed_by(self, address: str) -> tuple[str, ...]:
        """The functions that take what is in a queue of a building block."""
        return tuple(
            self._name(block)
            for block in self.blocks
            if block.type == "module" and _mentions(block, "queue", address)
        )


def _text(block: Block, attribute: str) -> str:
    node = block.attributes.get(attribute)
    return source_of(node) if node is not None else ""


def _mentions(block: Block, attribute: str, address: str) -> bool:
    """Whether an attribute's text has an address in it, such as `module.orders`, also with an index."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(address)}(?![\w-])", _text(block, attribute)))


def _unknown(pattern: Any, path: str = "") -> Iterator[str]:
    """Where in a pattern there is something unknown: the field, since what it asks is then unknown."""
    for name, value in pattern.items():
        here = path if name == "$or" else f"{path}.{name}".removeprefix(".")
        if isinstance(value, Unknown) or (isinstance(value, list) and name != "$or" and _has_unknown(value)):
            yield here
        elif isinstance(value, dict):
            yield from _unknown(value, here)
        elif isinstance(value, list):
            for option in value:
                if isinstance(option, dict):
                    yield from _unknown(option, here)


def _has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_unknown(item) for item in value.values())
    return isinstance(value, Unknown) or (
        isinstance(value, list) and any(_has_unknown(item) for item in value)
    )
