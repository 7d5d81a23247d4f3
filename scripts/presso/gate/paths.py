"""The files that Terraform would read for an extension, and whether they are in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from presso.gate.model import Hit, Model, Place
from presso.gate.static_model import scope_of
from presso.hcl.blocks import Block, Unreadable, expression, nodes, quoted
from presso.hcl.values import evaluate, parts, source_of

_READING = frozenset(
    {
        *("abspath", "file", "filebase64", "filebase64sha256", "filebase64sha512", "fileexists", "filemd5"),
        *("fileset", "filesha1", "filesha256", "filesha512", "pathexpand", "templatefile"),
    }
)
# Arguments whose value is a file that the provider reads or writes.
_ARGUMENTS = {
    "archive_file": ("source_dir", "source_file", "output_path"),
    "aws_lambda_function": ("filename",),
    "aws_lambda_layer_version": ("filename",),
    "aws_s3_object": ("source",),
}
_BUILT = "${path.root}/build/"
_MODULE = "${path.module}"
_OUTPUT = re.compile(r"data\.archive_file\.[\w-]+(\[[^\]]*\])?\.output_path")
_FILES = re.compile(r"(?:toset\()?fileset\(")
_LARGEST_TEMPLATE = 512 * 1024
Loops = Mapping[str, Any]


def faults(model: Model) -> Iterator[Hit]:
    """Yield the reads of an extension outside its folder, or at an unknown path."""
    for folder, blocks in model.text.blocks.items():
        # The caller sets the variables of an inner module, whatever their defaults.
        scope = scope_of(blocks, {} if folder else model.facts.variables, defaults=not folder)
        scope["path"] = {"module": _MODULE, "root": "${path.root}"}
        for block in blocks:
            yield from _Reader(model, folder, block, scope).faults()


class _Reader:
    """One block of a module."""

    def __init__(self, model: Model, folder: str, block: Block, scope: dict[str, Any]) -> None:
        self.root = model.text.root / folder
        self.block = block
        self.scope = scope
        over = block.attributes.get("for_each")
        self.loops: dict[str, Any] = {} if over is None else {"each.key": over, "each.value": over}

    def faults(self) -> Iterator[Hit]:
        for line, node in self.block.expressions():
            yield from (Hit(Place(self.block.file, line), what) for what in self._calls(node, self.loops))
        for inner in self.block.within():
            names: tuple[str, ...] = ("source_dir",) if inner.type == "module" else ()
            if inner.type in ("resource", "data") and inner.labels:
                names = _ARGUMENTS.get(inner.labels[0], ())
            for name in names:
                node = inner.attributes.get(name)
                if (
                    node is not None
                    and not self._inside(node, self.loops)
                    and not _OUTPUT.fullmatch(_text(node))
                ):
                    place = Place(inner.file, inner.line_of(name))
                    yield Hit(place, f"{name} of {inner.address} is {_text(node)}")

    def _calls(self, node: Any, loops: Loops) -> Iterator[str]:
        """Go through an expression, with the collections that its loops go through."""
        kind = node.lark_name()
        if kind in ("for_tuple_expr", "for_object_expr"):
            *names, over = parts(parts(node)[0])
            loops = {**loops, **{source_of(name): over for name in names}}
        elif kind.startswith("heredoc_template"):
            for inner in nodes(node):
                if inner is not node and inner.lark_name() == "function_call":
                    yield from self._call(inner, loops)
        elif kind == "function_call":
            yield from self._call(node, loops)
        for part in parts(node):
            yield from self._calls(part, loops)

    def _call(self, node: Any, loops: Loops) -> Iterator[str]:
        name, *rest = parts(node)
        called = source_of(name).rpartition("::")[2]
        given = parts(rest[0]) if rest else []
        if called == "templatestring":
            yield "templatestring() reads a template that is not in a file"
        if called not in _READING or not given:
            return
        if not self._inside(given[0], loops):
            yield f"{called}() reads {_text(given[0])}"
        elif called == "fileset" and (len(given) < 2 or not self._plain(given[1])):
            yield f"fileset() reads {_text(given[-1])}"
        elif called == "templatefile":
            yield from self._template(given[0])

    def _plain(self, node: Any) -> bool:
        value = evaluate(node, self.scope)
        return isinstance(value, str) and ".." not in value and not value.startswith(("/", "~"))

    def _inside(self, node: Any, loops: Loops) -> bool:
        """Whether a path is below the module's folder: known so, or named by what fileset() finds there."""
        if _text(node) == "path.module":
            return True
        found = {name: f"${{{name}}}" for name, over in loops.items() if self._is_fileset(over)}
        each = {key.removeprefix("each."): "${file}" for key in found if key.startswith("each.")}
        value = evaluate(node, {**self.scope, **dict.fromkeys(found, "${file}"), "each": each})
        if not isinstance(value, str) or not value.startswith((f"{_MODULE}/", _BUILT)):
            return False
        rest = value.removeprefix(_MODULE).removeprefix("${path.root}").replace("${file}", "file")
        return ".." not in rest and "${" not in rest

    def _is_fileset(self, node: Any) -> bool:
        text = _text(node)
        if text.startswith("local."):
            named = self.scope["local"].get(text.removeprefix("local."))
            text = getattr(named, "written", "")
        return _FILES.match(text) is not None

    def _template(self, node: Any) -> Iterator[str]:
        """Yield the reads of a template itself: none is allowed, since its paths come from outside."""
        value = evaluate(node, self.scope)
        if not isinstance(value, str):
            yield f"templatefile() reads {_text(node)}, which is not known before the plan"
            return
        path = self.root / Path(value.removeprefix(f"{_MODULE}/"))
        try:
            if path.stat().st_size > _LARGEST_TEMPLATE:
                yield f"templatefile() reads {path.name}, which is too large to check"
                return
            inside = nodes(expression(quoted(path.read_text(encoding="utf-8"))))
            called = {source_of(parts(n)[0]) for n in inside if n.lark_name() == "function_call"}
        except (OSError, UnicodeDecodeError, Unreadable) as error:
            yield f"the template {path.name} cannot be read: {error}"
            return
        for name in sorted(called & {*_READING, "templatestring"}):
            yield f"the template {path.name} calls {name}()"


def _text(node: Any) -> str:
    return source_of(node).strip()
