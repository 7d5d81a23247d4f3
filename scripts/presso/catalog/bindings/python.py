"""Python classes for events: frozen dataclasses by datamodel-code-generator, and what reads and writes them.

The generator decides names and types. What it writes is then made the same on every machine: imports sorted,
words wrapped, lists as tuples and objects as mappings, so that what is frozen is frozen whole.
"""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

from event_patterns.schemas import Schema
from presso.catalog.bindings.module_names import READING, module
from presso.catalog.bindings.plain import without_formats
from presso.catalog.event_schema import whole
from presso.catalog.events import CatalogEvent
from presso.catalog.openapi import component
from presso.errors import PressoError

WIDTH = 110
_FOLDER = Path(__file__).parent


def files(events: Sequence[CatalogEvent], envelope: Schema) -> dict[str, tuple[CatalogEvent | None, str]]:
    """The files of a package with a module for each event, by name; None is the event of what all share.

    Raises:
        PressoError: The generator cannot make anything of a schema; the event is named.
    """
    made: dict[str, tuple[CatalogEvent | None, str]] = {
        f"{module(event)}.py": (event, _formatted(_event(event, envelope))) for event in events
    }
    reading = (_FOLDER / f"{READING}.py").read_text(encoding="utf-8")
    return {
        **made,
        f"{READING}.py": (None, _formatted(reading)),
        "__init__.py": (None, _formatted(_package(events))),
    }


def _package(events: Sequence[CatalogEvent]) -> str:
    """The package itself: all that its modules have for others, and one function for any of its events."""
    classes = sorted(component(event) for event in events)
    names = {READING: ["WrongEventError", "as_dict", "as_json", "parse", "parse_one_of"]}
    names |= {module(event): [component(event)] for event in events}
    imports = [f"from .{name} import {', '.join(found)}" for name, found in sorted(names.items())]
    every = sorted(["AnyEvent", "parse_any", *(name for found in names.values() for name in found)])
    return _PACKAGE.format(
        imports="\n".join(imports), names=json.dumps(every), any=" | ".join(classes), kinds=", ".join(classes)
    )


_PACKAGE = '''
"""Events of the catalog as classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

{imports}

__all__ = {names}

AnyEvent: TypeAlias = {any}
_KINDS: tuple[type[AnyEvent], ...] = ({kinds},)


def parse_any(event: str | bytes | Mapping[str, Any]) -> AnyEvent:
    """Read an event as one of these classes, by its detail-type and source.

    Raises:
        WrongEventError: It matches none of them, or is not valid.
    """
    return parse_one_of(_KINDS, event)
'''.lstrip()


def _event(event: CatalogEvent, envelope: Schema) -> str:
    tree = _Tidied().visit(ast.parse(_generated(event, envelope)))
    classes = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)]
    words = "\n".join(textwrap.wrap(f"{event.name}: {event.title}.", WIDTH - 6))
    parts = [
        _written([ast.Expr(ast.Constant(words))]),
        "from __future__ import annotations",
        _imports(tree),
        _written(classes),
    ]
    return "\n\n".join(parts)


def _written(code: list[ast.stmt]) -> str:
    return ast.unparse(ast.fix_missing_locations(ast.Module(code, [])))


def _generated(event: CatalogEvent, envelope: Schema) -> str:
    """What the generator makes of an event in its envelope."""
    import warnings

    import datamodel_code_generator as generator
    from datamodel_code_generator.enums import DataModelType, InputFileType
    from datamodel_code_generator.format import PythonVersion
    from datamodel_code_generator.parser import LiteralType

    try:
        with warnings.catch_warnings(action="ignore"):
            made = generator.generate(
                json.dumps(without_formats(whole(event, envelope))),
                input_file_type=InputFileType.JsonSchema,
                output_model_type=DataModelType.DataclassesDataclass,
                custom_template_dir=_FOLDER / "templates",
                class_name=component(event),
                target_python_version=PythonVersion.PY_311,
                keyword_only=True,
                frozen_dataclasses=True,
                snake_case_field=True,
                enum_field_as_literal=LiteralType.All,
                use_schema_description=True,
                use_field_description=True,
                use_standard_collections=True,
                use_union_operator=True,
                disable_timestamp=True,
                formatters=[],
            )
    except Exception as error:  # the generator has no error of its own for what it cannot do
        raise PressoError(
            f"No Python can be made for {event.name}: {error}", hint=f"Its schema is in {event.file}."
        ) from error
    return str(made)


class _Tidied(ast.NodeTransformer):
    """Gathers the fields' words in the class's, and makes lists and objects what cannot be changed."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        summary, fields, about = "", [], []
        for part in node.body:
            if isinstance(part, ast.AnnAssign):
                _rename(part)
                _allow_absence(part)
            if not isinstance(part, ast.Expr):
                fields.append(part)
                continue
            words = " ".join(str(ast.literal_eval(part.value)).split())
            if fields and isinstance(fields[-1], ast.AnnAssign):
                about.append(_wrapped(f"{ast.unparse(fields[-1].target)}: {words}", 8))
            else:
                summary = _wrapped(words, 4)
        docstring = "\n\n    Args:\n        ".join(filter(None, (summary, "\n        ".join(about))))
        docstring += "\n    " if "\n" in docstring else ""
        node.body = [ast.Expr(ast.Constant(docstring)), *fields]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "list":
            more: list[ast.expr] = [node.slice, ast.Constant(...)]
            return ast.Subscript(ast.Name("tuple"), ast.Tuple(more), node.ctx)
        if isinstance(node.value, ast.Name) and node.value.id == "dict":
            node.value.id = "Mapping"
        return node


def _rename(field: ast.AnnAssign) -> None:
    """Give a field another name when the class needs its own for what it is made with."""
    if isinstance(field.target, ast.Name) and field.target.id in ("field", "tuple"):
        name = field.target.id
        default = "default=None, " if field.value else ""
        field.target.id = f"{name}_value"
        field.value = ast.parse(f"field({default}metadata={{'name': {name!r}}})", mode="eval").body


def _allow_absence(field: ast.AnnAssign) -> None:
    """Add None where it is the default; the generator does not for every type."""
    if field.value is None or "None" not in ast.unparse(field.value):
        return
    parts = list(ast.walk(field.annotation))
    if not any(
        (isinstance(part, ast.Constant) and part.value is None)
        or (isinstance(part, ast.Name) and part.id == "Any")
        for part in parts
    ):
        field.annotation = ast.BinOp(field.annotation, ast.BitOr(), ast.Constant(None))


def _wrapped(words: str, indent: int) -> str:
    """Words as lines of a docstring; the first one follows what is there already."""
    lines = textwrap.wrap(words, WIDTH - indent - 4, break_on_hyphens=False, break_long_words=False)
    return ("\n" + " " * (indent if indent == 4 else indent + 4)).join(lines)


def _imports(tree: ast.Module) -> str:
    """The imports that the code needs, sorted."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    known = [
        ("collections.abc", "Mapping", ""),
        ("dataclasses", "dataclass", ""),
        ("dataclasses", "field", ""),
    ]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            known += [(str(node.module), name.name, name.asname or "") for name in node.names]
    needed: dict[str, set[str]] = {}
    for source, name, alias in known:
        if (alias or name) in used:
            needed.setdefault(source, set()).add(f"{name} as {alias}" if alias else name)
    return "\n".join(f"from {source} import {', '.join(sorted(needed[source]))}" for source in sorted(needed))


def _formatted(text: str) -> str:
    import black
    from black.mode import Mode, TargetVersion

    return black.format_str(text, mode=Mode(target_versions={TargetVersion.PY311}, line_length=WIDTH))
