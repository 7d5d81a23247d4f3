"""Values written as HCL, as `terraform fmt` would."""

from __future__ import annotations

import json
import re
from typing import Any

_WIDTH = 78


def attribute(name: str, value: Any, indent: int = 0) -> str:
    """`name = value`, over as many lines as it takes."""
    return "\n".join(_lines([(name, value)], indent))


def value_text(value: Any, indent: int = 0) -> str:
    """A value as HCL; what is after its first line is indented by so many spaces."""
    short = one_line(value)
    if not isinstance(value, dict | list) or (len(short) + indent <= _WIDTH and not _has_map(value)):
        return short
    inner = indent + 2
    if isinstance(value, dict):
        lines = _lines(list(value.items()), inner)
        return "\n".join(["{", *lines, f"{' ' * indent}}}"])
    items = [f"{' ' * inner}{value_text(item, inner)}," for item in value]
    return "\n".join(["[", *items, f"{' ' * indent}]"])


def _has_map(value: Any) -> bool:
    """Whether a map of a pattern's fields is in it; one operator in a list stays on its line."""
    return isinstance(value, dict) or any(isinstance(item, dict) and len(item) != 1 for item in value)


def _lines(pairs: list[tuple[str, Any]], indent: int) -> list[str]:
    """Attributes; the signs of one-line neighbours are aligned."""
    texts = [(_key(name), value_text(value, indent)) for name, value in pairs]
    lines: list[str] = []
    group: list[tuple[str, str]] = []
    for name, text in [*texts, ("", "\n")]:
        if "\n" not in text:
            group.append((name, text))
            continue
        width = max((len(known) for known, _ in group), default=0)
        lines += [f"{' ' * indent}{known.ljust(width)} = {short}" for known, short in group]
        group = []
        if name:
            lines.append(f"{' ' * indent}{name} = {text}")
    return lines


def one_line(value: Any) -> str:
    """A value as HCL on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(name)} = {one_line(item)}" for name, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(one_line(item) for item in value)}]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else text


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) else one_line(name)
