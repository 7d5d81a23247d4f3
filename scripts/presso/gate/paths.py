"""The files that Terraform would read for an extension, and whether they are in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from presso.gate.model import Hit, Model, Place
from presso.hcl import structure
from presso.hcl.blocks import Block, Unreadable, expression, nodes, quoted, template_in
from presso.hcl.scope import Local, scope_of
from presso.hcl.values import evaluate, parts, source_of

_READING = frozenset(
    {
        *("file", "filebase64", "filebase64sha256", "filebase64sha512", "fileexists", "filemd5", "fileset"),
        *("filesha1", "filesha256", "filesha512", "templatefile"),
    }
)
# Functions whose value differs between a check and an apply.
_OF_THE_MACHINE = ("abspath", "pathexpand")
# Arguments whose value is a file that the provider reads or writes.
_ARGUMENTS = {
    "archive_file": ("source_dir", "source_file", "output_path"),
    "aws_lambda_function": ("filename",),
    "aws_lambda_layer_version": ("filename",),
    "aws_s3_object": ("source",),
}
_BUILT = "${path.root}/build/"
_MODULE = "${path.module}"
_OUTPUT = re.compile(r"data\.archive_file\.[\w-]+(\[[^\[\]]*\])?\.output_path")
_LOOPS = ("for_object_expr", "for_tuple_expr", "template_for")
_LARGEST_TEMPLATE = 512 * 1024
_NO_TEMPLATE = (OSError, UnicodeDecodeError, Unreadable)
# The names that loops give values to, and whether these are what fileset() finds.
Names = Mapping[str, bool]


def faults(model: Model) -> Iterator[Hit]:
    """Yield the reads of an extension outside its folder, or at an unknown path."""
    for reader in _readers(model):
        yield from reader.faults()


def templates(model: Model) -> Iterator[tuple[Place, str, Any]]:
    """Yield the templates that an extension reads, where they can be read: place, file and node."""
    for reader in _readers(model):
        yield from reader.templates()


def template_at(model: Model, folder: str, node: Any) -> Any:
    """Return the node of the template at the path that an expression in a module gives.

    Args:
        model: The extension.
        folder: The module's.
        node: The expression.

    Returns:
        None where it cannot be read.
    """
    found = _Reader(model, folder, Block("", (), {}, (), "", 1), _scope(model, folder)).template(node, {})
    return None if found is None else found[1]


def _readers(model: Model) -> Iterator[_Reader]:
    for folder, blocks in model.text.blocks.items():
        scope = _scope(model, folder)
        yield from (_Reader(model, folder, block, scope) for block in blocks)


def _scope(model: Model, folder: str) -> dict[str, Any]:
    # The caller sets the variables of an inner module, regardless of their defaults.
    given = {} if folder else model.facts.variables
    scope = scope_of(model.text.blocks[folder], given, defaults=not folder)
    return scope | {"path": {"module": _MODULE, "root": "${path.root}"}}


class _Reader:
    """One block of a module."""

    def __init__(self, model: Model, folder: str, block: Block, scope: dict[str, Any]) -> None:
        self.root = model.text.root / folder
        self.block = block
        self.scope = scope
        self.locals: dict[str, bool] = {}
        self.names = {label: False for inner in block.within() for label in iterators(inner)}
        over = block.attributes.get("for_each")
        if over is not None:
            self.names |= dict.fromkeys(("each.key", "each.value"), self._is_fileset(over, self.names))

    def faults(self) -> Iterator[Hit]:
        for line, node in self.block.expressions():
            yield from (Hit(Place(self.block.file, line), what) for what in self._calls(node, self.names))
        for inner in self.block.within():
            arguments: tuple[str, ...] = ("source_dir",) if inner.type == "module" else ()
            if inner.type in ("resource", "data") and inner.labels:
                arguments = _ARGUMENTS.get(inner.labels[0], ())
            for name in arguments:
                node = inner.attributes.get(name)
                if node is None:
                    continue
                inside = self._inside(node, self.names) or self._is_output(node)
                if not inside or (name == "output_path" and self._is_file(node, self.names)):
                    place = Place(inner.file, inner.line_of(name))
                    yield Hit(place, f"{name} of {inner.address} is {_text(node)}")

    def _calls(self, node: Any, names: Names) -> Iterator[str]:
        """Go through an expression, with the names that its loops give values to."""
        kind = node.lark_name()
        inside = [*parts(node)]
        if kind in _LOOPS:
            *bound, over = parts(inside.pop(0))
            yield from self._calls(over, names)
            found = self._is_fileset(over, names)
            names = {**names, **{source_of(name): found for name in bound}}
        elif kind.startswith("heredoc_template"):
            inside.append(template_in(node))
        elif kind == "function_call":
            yield from self._call(node, names)
        elif kind == "get_attr_expr_term" and _text(node) == "path.cwd":
            yield "path.cwd is the folder that Terraform runs in"
        for part in inside:
            yield from self._calls(part, names)

    def _call(self, node: Any, names: Names) -> Iterator[str]:
        name, *rest = parts(node)
        called = source_of(name).rpartition("::")[2]
        given = parts(rest[0]) if rest else []
        if called in _OF_THE_MACHINE:
            yield f"{called}() depends on the folder that Terraform runs in"
        if called == "templatestring":
            yield "templatestring() reads a template that is not in a file"
        if called not in _READING or not given:
            return
        if not self._inside(given[0], names) or self._is_built(given[0], names):
            yield f"{called}() reads {_text(given[0])}"
        elif called == "fileset" and (len(given) < 2 or not self._plain(given[1], names)):
            yield f"fileset() reads {_text(given[-1])}"
        elif called == "templatefile":
            yield from self._template(given[0], names)

    def _value(self, node: Any, names: Names) -> Any:
        """The value of an expression that is a text, as it is written or by names; None for any other.

        Functions, operators and indexes are not evaluated: where the result would be another one than
        Terraform's, another file would be read. A loop's name is not what the module calls so.
        """
        if not self._is_written(node, names):
            return None
        scope = {name: value for name, value in self.scope.items() if name not in names}
        if "each" not in names:
            scope["each"] = {name: "${file}" for name in ("key", "value") if names.get(f"each.{name}")}
        return evaluate(node, scope | {name: "${file}" for name, found in names.items() if found})

    def _is_written(self, node: Any, names: Names) -> bool:
        """Whether an expression has nothing in it but texts and names of texts."""
        kind, inside = node.lark_name(), parts(node)
        if kind == "identifier":
            return bool(names.get(_text(node)))
        if kind == "get_attr_expr_term":
            space, _, name = _text(node).partition(".")
            if space == "each":
                return bool(names.get(_text(node))) and space not in names
            if space == "local" and space not in names:
                local = self.scope["local"].get(name)
                return isinstance(local, Local) and self._once(name, local)
            return space in ("path", "var") and space not in names and self._is_text(node)
        if kind in ("expr_term", "interpolation"):
            return len(inside) == 1 and self._is_written(inside[0], names)
        if kind == "string":
            children = [child for part in inside for child in part.children if child is not None]
            return all(
                not hasattr(child, "children")
                or hasattr(child, "value")
                or (child.lark_name() == "interpolation" and self._is_written(child, names))
                for child in children
            )
        return False

    def _is_text(self, node: Any) -> bool:
        return isinstance(evaluate(node, self.scope), str)

    def _once(self, name: str, local: Local) -> bool:
        """Whether a local value is a text; one that refers to itself is not."""
        if name not in self.locals:
            self.locals[name] = False
            self.locals[name] = self._is_written(local.node, {})
        return self.locals[name]

    def _plain(self, node: Any, names: Names) -> bool:
        value = self._value(node, names)
        return isinstance(value, str) and ".." not in value and not value.startswith(("/", "~"))

    def _inside(self, node: Any, names: Names) -> bool:
        """Whether a path is below the module's folder: known so, or named by what fileset() finds there."""
        while node.lark_name() == "expr_term" and len(parts(node)) == 1:
            (node,) = parts(node)
        if node.lark_name() == "conditional":
            return all(self._inside(branch, names) for branch in parts(node)[1:])
        value = self._value(node, names)
        if value == _MODULE:
            return True
        if not isinstance(value, str) or not value.startswith((f"{_MODULE}/", _BUILT)):
            return False
        rest = value.removeprefix(_MODULE).removeprefix("${path.root}").replace("${file}", "file")
        return ".." not in rest and "${" not in rest

    def _is_built(self, node: Any, names: Names) -> bool:
        """Whether a path is in the folder of archives, which only arguments may name."""
        return str(self._value(node, names)).startswith(_BUILT)

    def _is_file(self, node: Any, names: Names) -> bool:
        """Whether a path may be that of one of the extension's own files."""
        value = str(self._value(node, names))
        return not value.startswith(_BUILT) and ("${file}" in value or self._file(value).exists())

    def _is_output(self, node: Any) -> bool:
        """Whether an expression is the archive that a data source of the extension makes."""
        return "data" not in self.names and _OUTPUT.fullmatch(_text(node)) is not None

    def _is_fileset(self, node: Any, names: Names) -> bool:
        """Whether an expression is what fileset() finds, as it is or as a set."""
        while node.lark_name() == "expr_term" and len(parts(node)) == 1:
            (node,) = parts(node)
        if node.lark_name() == "function_call":
            name, *given = parts(node)
            wrapped = parts(given[0]) if given else []
            is_set = source_of(name) == "toset" and len(wrapped) == 1
            return source_of(name) == "fileset" or (is_set and self._is_fileset(wrapped[0], names))
        space, _, name = _text(node).partition(".")
        local = self.scope["local"].get(name) if space == "local" and "local" not in names else None
        return isinstance(local, Local) and self._is_fileset(local.node, {})

    def _template(self, node: Any, names: Names) -> Iterator[str]:
        """Yield the reads of a template itself: none is allowed, since its paths come from outside."""
        value = self._value(node, names)
        if not isinstance(value, str):
            yield f"templatefile() reads {_text(node)}, which is not written as a text"
            return
        path = self._file(value)
        try:
            if path.stat().st_size > _LARGEST_TEMPLATE:
                yield f"templatefile() reads {path.name}, which is too large to check"
                return
            inside = nodes(_template_of(path))
            called = {source_of(parts(n)[0]) for n in inside if n.lark_name() == "function_call"}
        except _NO_TEMPLATE as error:
            yield f"the template {path.name} cannot be read: {error}"
            return
        for name in sorted(
            {name.rpartition("::")[2] for name in called} & {*_READING, *_OF_THE_MACHINE, "templatestring"}
        ):
            yield f"the template {path.name} calls {name}()"

    def templates(self) -> Iterator[tuple[Place, str, Any]]:
        """Yield the templates that the block reads."""
        for line, node in self.block.expressions():
            for inner in nodes(node):
                if inner.lark_name() != "function_call":
                    continue
                name, *rest = parts(inner)
                if rest and source_of(name).rpartition("::")[2] == "templatefile":
                    found = self.template(parts(rest[0])[0], self.names)
                    if found is not None:
                        yield Place(self.block.file, line), *found

    def template(self, node: Any, names: Names) -> tuple[str, Any] | None:
        """Return the name and the node of the template at a path, where it can be read."""
        with suppress(*_NO_TEMPLATE):
            path = self._file(str(self._value(node, names)))
            if path.stat().st_size <= _LARGEST_TEMPLATE:
                return path.name, _template_of(path)
        return None

    def _file(self, path: str) -> Path:
        return self.root / Path(path.removeprefix(f"{_MODULE}/"))


def _template_of(path: Path) -> Any:
    """The node of the template in a file.

    Raises:
        OSError, UnicodeDecodeError, Unreadable: It cannot be read.
    """
    try:
        return expression(quoted(structure.visible(path.read_text(encoding="utf-8"))))
    except structure.Ambiguous as error:
        raise Unreadable(f"{error}, in line {error.line}") from None


def iterators(block: Block) -> Iterator[str]:
    """The name that a `dynamic` block gives to the element at hand."""
    if block.type == "dynamic":
        named = block.attributes.get("iterator")
        yield from block.labels if named is None else (_text(named).strip('"'),)


def _text(node: Any) -> str:
    return source_of(node).strip()
