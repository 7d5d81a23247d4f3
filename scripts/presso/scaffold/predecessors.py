"""Extensions of an earlier shape: `context` replaced `tenant` and `fence`, and a block the written-out table.

It works on text, so that comments and an author's own formatting stay. What it does not understand stays too,
and is reported by `left`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_ENDINGS = (".tf", ".tf.json")
_ERRORS = "surrogateescape"  # what is not UTF-8 stays as it is, for the check to report
_FIELDS = (
    (re.compile(r"\bvar\.tenant\.name\b"), "var.context.tenant"),
    (re.compile(r"\bvar\.tenant\.(region|account_id|bus_name|bus_arn)\b"), r"var.context.\1"),
    (re.compile(r"\bvar\.fence\.(prefix|boundary_arn|event_source|tags)\b"), r"var.context.\1"),
)
_ARGUMENT = re.compile(r"^(?P<indent>\s*)(?P<name>tenant|fence)\s*=\s*var\.(?P=name)\s*$")
_CONTEXT = re.compile(r"^\s*context\s*=\s*var\.context$")
_ONE_LINE = re.compile(r"^(?P<indent>\s*)(?P<name>[\w-]+)(?P<space>\s+)=\s(?P<value>.*[^\s\[({])$")
_VARIABLE = re.compile(r'^variable\s+"(?P<name>[^"]+)"\s*\{', re.MULTILINE)
_PLAIN = re.compile(r"\btype\s*=\s*(string|number|bool)\b")
_USE = re.compile(r"\bvar\.(?P<name>tenant|fence)\b")
_TABLE = re.compile(r'^resource "aws_dynamodb_table" "default" \{\n(?:(?!\}).*\n){,40}\}\n', re.MULTILINE)
_BLOCK = re.compile(r'^module "records" \{\n(?:(?!\}).*\n){,40}\}\n', re.MULTILINE)
_OF_TABLE = re.compile(r"(?<![\w.])aws_dynamodb_table\.default\.(\w+)")
_OUTPUTS = {"arn": "arn", "id": "name", "name": "name"}
MOVED = """# Keeps the table of an earlier apply, and its items. Remove it once every tenant has applied this.
moved {
  from = aws_dynamodb_table.default
  to   = module.records.aws_dynamodb_table.default
}
"""


def declaration(folder: Path) -> str:
    """The variable `context` as a folder declares it; "" where it does not."""
    text = _text(folder / "variables.tf")
    found = (
        text[slice(*_extent(text, each))] for each in _VARIABLE.finditer(text) if each["name"] == "context"
    )
    return f"{next(found, '')}\n".lstrip()


def takes_them(folder: Path) -> bool:
    """Whether an extension declares a variable that the context has replaced, and no context."""
    declared = _declared(folder)
    return bool({"tenant", "fence"} & declared) and "context" not in declared


def bring_over(folder: Path, declaration: str) -> list[str]:
    """Change every module of an extension; return the files that changed, relative to its folder.

    Args:
        folder: The extension, or a copy of it.
        declaration: The variable `context`, as the scaffold declares it.
    """
    changed = []
    for path in _files(folder):
        text = _text(path)
        new = brought_over(text, declaration)
        if new != text:
            path.write_text(new, encoding="utf-8", errors=_ERRORS)
            changed.append(str(path.relative_to(folder)))
    return changed


def brought_over(text: str, declaration: str) -> str:
    """Return a file's text with the context in place of `tenant` and `fence`."""
    for pattern, replacement in _FIELDS:
        text = pattern.sub(replacement, text)
    return _with_declaration(_with_arguments(text), declaration)


def take_table_block(own: Path, old: Path, new: Path) -> bool:
    """Put the scaffold's table block in place of the table that an earlier scaffold wrote out.

    Where the author has changed the table, both stay as they are: the merge then shows a conflict.

    Args:
        own: A copy of the extension.
        old: What the scaffold of then makes of its answers.
        new: What the scaffold of now makes of them.

    Returns:
        Whether the extension has the block now.
    """
    text, block = _text(old / "main.tf"), _BLOCK.search(_text(new / "main.tf"))
    table = _TABLE.search(text)
    if table is None or block is None or table[0] not in _text(own / "main.tf"):
        return False
    for folder in (own, old):
        for path in _files(folder):
            if path.parent == folder:  # an inner module has names of its own
                text = _text(path).replace(table[0], block[0])
                path.write_text(_OF_TABLE.sub(_in_block, text), encoding="utf-8", errors=_ERRORS)
    moved = own / "moved.tf"
    before = f"{_text(moved).rstrip()}\n\n".lstrip()
    moved.write_text(f"{before}{MOVED}", encoding="utf-8", errors=_ERRORS)
    return True


def _in_block(found: re.Match[str]) -> str:
    return f"module.records.{_OUTPUTS[found[1]]}" if found[1] in _OUTPUTS else found[0]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors=_ERRORS) if path.is_file() else ""


def left(folder: Path) -> list[str]:
    """Return `file:line` of each use of `tenant`, `fence` or the table where there is none any more."""
    found = []
    has_table = any(_TABLE.search(_text(path)) for path in folder.glob("*.tf"))
    for path in _files(folder):
        missing = {"tenant", "fence"} - _declared(path.parent)
        for number, line in enumerate(_text(path).splitlines(), 1):
            old = any(use["name"] in missing for use in _USE.finditer(line))
            if old or (path.parent == folder and not has_table and _OF_TABLE.search(line)):
                found.append(f"{path.relative_to(folder)}:{number}")
    return found


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(_ENDINGS) and path.is_file() and not path.is_symlink():
            yield path


def _declared(folder: Path) -> set[str]:
    texts = (_text(path) for path in folder.glob("*.tf"))
    return {found["name"] for text in texts for found in _VARIABLE.finditer(text)}


def _with_arguments(text: str) -> str:
    """Write `context = var.context` in place of one or both of the old arguments, next to each other."""
    lines: list[str] = []
    for line in text.split("\n"):
        found = _ARGUMENT.match(line)
        if found is None:
            lines.append(line)
        elif not (lines and _CONTEXT.match(lines[-1])):
            lines.append(f"{found['indent']}context = var.context")
    for number, line in enumerate(lines):
        if _CONTEXT.match(line):
            _align(lines, number)
    return "\n".join(lines)


def _align(lines: list[str], number: int) -> None:
    """Align the equals signs around a line as `terraform fmt` does."""
    first = last = number
    while first > 0 and _alike(lines[first - 1], lines[number]):
        first -= 1
    while last + 1 < len(lines) and _alike(lines[last + 1], lines[number]):
        last += 1
    group = [found for line in lines[first : last + 1] if (found := _ONE_LINE.match(line))]
    others = [found for found in group if found["name"] != "context"]
    # The first line of a longer value, below, may be aligned with these.
    kept = max((len(found["name"] + found["space"]) for found in others), default=0)
    longest = max(len(found["name"]) for found in group) + 1
    width = max(kept, longest) if _reaches(lines[last + 1 :], kept) else longest
    for place, found in enumerate(group, first):
        lines[place] = f"{found['indent']}{found['name']:<{width}}= {found['value']}"


def _alike(line: str, other: str) -> bool:
    one, two = _ONE_LINE.match(line), _ONE_LINE.match(other)
    return one is not None and two is not None and one["indent"] == two["indent"]


def _reaches(following: list[str], width: int) -> bool:
    """Whether the next line begins a longer value, with its equals sign in this column."""
    found = re.match(r"^\s*([\w-]+)(\s+)=", following[0]) if following else None
    return found is not None and len(found[1] + found[2]) == width


def _with_declaration(text: str, declaration: str) -> str:
    """Declare the context in place of the variables that it replaced, in the order of the alphabet."""
    old = [found for found in _VARIABLE.finditer(text) if found["name"] in ("tenant", "fence")]
    old = [found for found in old if not _PLAIN.search(text[slice(*_extent(text, found))])]
    if not old:
        return text
    for found in reversed(old):
        start, end = _extent(text, found)
        text = f"{text[:start]}{text[end:].lstrip()}" if text[end:].strip() else f"{text[:start].rstrip()}\n"
    if any(found["name"] == "context" for found in _VARIABLE.finditer(text)):
        return text
    later = next((found for found in _VARIABLE.finditer(text) if found["name"] > "context"), None)
    if later is None:
        return f"{text.rstrip()}\n\n{declaration}".lstrip("\n")
    lines = text[: later.start()].splitlines(keepends=True)
    while lines and lines[-1].startswith("#"):
        lines.pop()
    start = len("".join(lines))
    return f"{text[:start]}{declaration}\n{text[start:]}"


def _extent(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Where a block begins and ends."""
    depth = 1
    for place in range(found.end(), len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return found.start(), place + 1
    return found.start(), len(text)
