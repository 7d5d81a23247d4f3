"""Code that reads a field of an event: found by its name where something is taken out of an event.

Python is parsed; JavaScript and TypeScript are looked through by their chains of names; in other languages a
name in quotes or behind a dot counts. Text that only looks so is rare within the code of one extension, and
only code of extensions whose rules take the event is asked.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from presso import regular_file
from presso.catalog.code_marks import mark_of
from presso.comments import without_comments
from presso.folders import files_below
from presso.workspace import Workspace

_JAVASCRIPT = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".tsx"}
_OTHERS = {".cs", ".go", ".java", ".kt", ".py.txt", ".rb", ".rs"}
_EXPRESSIONS = (".asl", ".asl.yaml", ".asl.yml", ".json", ".jsonata", ".tf", ".tftpl", ".vtl")
_SKIPPED = {
    "tests",
    "test",
    "__tests__",
    "node_modules",
    ".terraform",
    "__pycache__",
    "events",
    "target",
    "dist",
}
_TAKING = {"get", "pop", "setdefault", "getattr"}
_MODELS = ("TypedDict", "BaseModel", "Struct", "NamedTuple")


@dataclass(frozen=True)
class Mention:
    """A name that is read at some place; `chain` are the names it is read from, if any."""

    name: str
    file: str
    line: int
    chain: tuple[str, ...] = ()
    certain: bool = False


@dataclass
class Code:
    """One owner's code: an extension's folder, or a module's."""

    workspace: Workspace
    folder: Path
    names: dict[str, list[Mention]] = field(default_factory=dict)

    @cached_property
    def _mentions(self) -> dict[str, list[Mention]]:
        found: dict[str, list[Mention]] = {}
        for path in files_below(self.folder, _SKIPPED):
            for mention in _mentions(path, self.workspace.shown(path)):
                found.setdefault(mention.name, []).append(mention)
        return found

    def reads(self, path: str) -> list[Mention]:
        """Where the field at a path such as `drinkOrder.drink` is read; none when it is not."""
        *above, name = [step for step in path.replace("[]", "").split(".") if step]
        if any(not self._of(step, ()) for step in above):
            return []
        return self._of(name, tuple(above))

    def classes(self, event: str) -> list[Mention]:
        """The start of code generated for an event: it checks all fields, whether they are read or not."""
        return [Mention(event, shown, 1) for shown in self._generated.get(event, ())]

    @cached_property
    def _generated(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in files_below(self.folder, _SKIPPED - {"events"}):
            mark = mark_of(_text(path)) if path.suffix in (".py", ".ts") else None
            if mark and mark.event:
                name = mark.event.rpartition("/")[2]
                found.setdefault(name, []).append(self.workspace.shown(path))
        return found

    def _of(self, name: str, above: tuple[str, ...]) -> list[Mention]:
        wanted = {"detail", *above, *(snake(step) for step in above)}
        return [
            mention
            for spelt in dict.fromkeys((name, snake(name)))
            for mention in self._mentions.get(spelt, ())
            if mention.certain or wanted & set(mention.chain)
        ]


def snake(name: str) -> str:
    """A name as Python's bindings spell it: `orderId` as `order_id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _mentions(path: Path, shown: str) -> Iterator[Mention]:
    expressions = path.name.endswith(_EXPRESSIONS)
    if not expressions and path.suffix not in {".py", *_JAVASCRIPT, *_OTHERS}:
        return
    text = _text(path)
    if mark_of(text):  # it names every field of its event, whether it is read or not
        return
    if path.suffix == ".py":
        try:
            yield from list(_Python(shown).read(ast.parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # code that Python does not read either, or that no person wrote
    elif path.suffix in _JAVASCRIPT:
        yield from _javascript(text, shown)
    elif expressions:
        yield from _expressions(text, shown)
    else:
        yield from _other(text, shown)


def _text(path: Path) -> str:
    """A file's text; "" where it cannot be read."""
    try:
        return regular_file.text(path)
    except (OSError, UnicodeDecodeError):
        return ""


class _Python:
    """Names that Python code takes out of something."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.roots = {"detail"}

    def read(self, tree: ast.AST) -> Iterator[Mention]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and self.roots & set(_names(node.value)):
                self.roots |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(tree):
            yield from self._node(node)

    def _node(self, node: ast.AST) -> Iterator[Mention]:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield from self._constants([node.slice])
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield from self._constants([node.left])
        elif isinstance(node, ast.MatchMapping):
            yield from self._constants(list(node.keys))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            chain = tuple("detail" if name in self.roots else name for name in _names(node.value))
            yield Mention(node.attr, self.shown, node.lineno, chain)
        elif isinstance(node, ast.ClassDef) and any(
            name.endswith(_MODELS) for base in node.bases for name in _names(base)
        ):
            for part in node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    yield Mention(part.target.id, self.shown, part.lineno, certain=True)

    def _call(self, node: ast.Call) -> Iterator[Mention]:
        called = _names(node.func)[-1:] or [""]
        # A function that is given something and a name takes that name out of it.
        if called[0] in _TAKING or len(node.args) > 1:
            yield from self._constants(node.args)
        yield from self._constants([key.value for key in node.keywords if (key.arg or "").endswith("alias")])

    def _constants(self, nodes: list[ast.expr]) -> Iterator[Mention]:
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                # A path in one text, such as that of jmespath.
                for name in node.value.split("."):
                    yield Mention(name, self.shown, node.lineno, certain=True)


def _names(node: ast.AST) -> list[str]:
    """The names that an expression goes through, from its root: of `event["detail"].drink` all three."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_names(node.value), node.attr]
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else ""
        return [*_names(node.value), str(key)]
    if isinstance(node, ast.Call):
        first = [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        return [*_names(node.func), *[name for arg in node.args for name in _names(arg)], *first]
    return []


# A field is not deeper; a longer chain of names is generated, or made to keep its reader busy.
_DEEPEST = 32
_CHAIN = re.compile(
    r"(?<![\w$])[A-Za-z_$][\w$]*(?:\s*(?:\?\.|\.)\s*[A-Za-z_$][\w$]*|\s*(?:\?\.)?\[\s*['\"][^'\"]+['\"]\s*\])+"
)
_STEP = re.compile(r"[A-Za-z_$][\w$]*|['\"][^'\"]+['\"]")
_UNPACKED = re.compile(r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\s*=\s*([^;\n]+)")
_ASSIGNED = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*)\s*=\s*([A-Za-z_$][^;\n]*)")


def _javascript(text: str, shown: str) -> Iterator[Mention]:
    code = without_comments(text)
    line = _lines(code)
    roots = {"detail"}
    for found in _ASSIGNED.finditer(code):
        if roots & set(_STEP.findall(found[2])):
            roots.add(found[1])
    for found in _CHAIN.finditer(code):
        steps = [step.strip("'\"") for step in _STEP.findall(found[0])]
        chain = ["detail" if steps[0] in roots else steps[0], *steps[1:_DEEPEST]]
        for index, name in enumerate(chain[1:], 1):
            yield Mention(name, shown, line(found.start()), tuple(chain[:index]))
    for found in _UNPACKED.finditer(code):
        if roots & set(_STEP.findall(found[2])):
            for name in re.findall(r"[A-Za-z_$][\w$]*", found[1]):
                yield Mention(name, shown, line(found.start()), certain=True)


def _expressions(text: str, shown: str) -> Iterator[Mention]:
    """Paths such as `$.detail.drinkOrder.drink` in state machines, templates and Terraform."""
    line = _lines(text)
    for found in re.finditer(r"\bdetail((?:\.[A-Za-z_][\w]*)+)", text):
        names = found[1].lstrip(".").split(".", _DEEPEST)[:_DEEPEST]
        for index, name in enumerate(names):
            yield Mention(name, shown, line(found.start()), ("detail", *names[:index]))


def _other(text: str, shown: str) -> Iterator[Mention]:
    code = without_comments(text)
    line = _lines(code)
    for found in re.finditer(r"[\"']([A-Za-z_][\w.]*)[\"']", code):
        for name in found[1].split("."):
            yield Mention(name, shown, line(found.start()), certain=True)
    for found in re.finditer(r"\.(?:get)?([A-Za-z]\w*)", code):
        for name in {found[1], found[1][0].lower() + found[1][1:]}:
            yield Mention(name, shown, line(found.start()), certain=True)


def _lines(text: str) -> Callable[[int], int]:
    """A function that returns the number of the line that a place in a text is in."""
    ends = [found.start() for found in re.finditer("\n", text)]
    return lambda place: bisect_left(ends, place) + 1
