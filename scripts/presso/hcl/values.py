"""HCL expressions, evaluated as far as the text allows: values known only to a plan stay unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from presso.json_text import DEEPEST, loads

Scope = Mapping[str, Any]
# What is worked out here is patterns, names and documents; what is larger stays unknown, as it takes time.
MOST_CHARACTERS = 1_000_000
MOST_VALUES = 50_000
MOST_NODES = 1 << 16  # of which anything is kept
MOST_STEPS = 200_000
_STEPS = ""  # where a scope keeps how many steps are left; no name of HCL is empty


@dataclass(frozen=True)
class Unknown:
    """A value that the text does not show; `text` is approximately the expression as written."""

    text: str

    def __str__(self) -> str:
        """As a template writes it."""
        return f"${{{self.text}}}"


class Deferred:
    """A value evaluated once, on first use: a local may refer to a later one."""

    def __init__(self, work: Callable[[], Any], text: str) -> None:
        self._work = work
        self._text = text
        self._state = "new"
        self._value: Any = None

    def value(self) -> Any:
        """The value; unknown within itself."""
        if self._state == "at work":
            return Unknown(self._text)
        if self._state == "new":
            self._state = "at work"
            self._value = self._work()
            self._state = "done"
        return self._value


def evaluate(node: Any, scope: Scope) -> Any:
    """The value of an expression's node of python-hcl2's tree.

    Args:
        node: The node.
        scope: The values of names, such as `local`, `var` and `each`; values may be `Deferred`.
    """
    work = _NODES.get(node.lark_name())
    left = scope.get(_STEPS)
    if left:
        left[0] -= 1
        if left[0] < 0:
            return Unknown("…")
    return work(node, scope) if work else Unknown(source_of(node))


def step_limit() -> dict[str, Any]:
    """A scope's part that ends what takes more than `MOST_STEPS`: it is unknown then."""
    return {_STEPS: [MOST_STEPS]}


def is_large(value: Any) -> bool:
    """Whether a value has more than `MOST_VALUES` parts, or more levels than JSON that is read.

    A value that refers to others may be small here and have billions of parts when it is written.
    """
    count, waiting = 0, [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES or depth > DEEPEST:
            return True
        part = _known(part)
        if isinstance(part, dict | list):
            inside = part.values() if isinstance(part, dict) else part
            waiting += [(item, depth + 1) for item in inside]
    return False


# Nodes do not change: what was found of one is kept for the next check that asks.
@lru_cache(maxsize=MOST_NODES)
def parts(node: Any) -> Sequence[Any]:
    """A node's children that mean something: no signs, no space, no comments."""
    return tuple(
        child
        for child in node.children
        if child is not None and hasattr(child, "children") and child.lark_name() != "new_line_or_comment"
    )


def plain(value: Any) -> Any:
    """A value with every unknown part as the text that a template would have there.

    One that `is_large` must not be given.
    """
    if isinstance(value, Unknown):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=MOST_NODES)
def source_of(node: Any) -> str:
    """An expression's text, without its spaces."""
    if not hasattr(node, "children"):
        return str(node.value).strip()
    return "".join(source_of(child) for child in node.children if child is not None)


def _inner(node: Any, scope: Scope) -> Any:
    inside = parts(node)
    return evaluate(inside[0], scope) if len(inside) == 1 else Unknown(source_of(node))


def _identifier(node: Any, scope: Scope) -> Any:
    name = source_of(node)
    return _known(scope[name]) if name in scope else Unknown(name)


def _known(value: Any) -> Any:
    return value.value() if isinstance(value, Deferred) else value


def _literal(node: Any, scope: Scope) -> Any:
    return {"true": True, "false": False, "null": None}.get(source_of(node), Unknown(source_of(node)))


def _number(node: Any, scope: Scope) -> Any:
    text = source_of(node)
    if len(text) > 300:
        return Unknown(text)
    number = int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)
    return Unknown(text) if math.isinf(number) else number


def _string(node: Any, scope: Scope) -> Any:
    text = ""
    for part in parts(node):
        child = next(item for item in part.children if item is not None)
        kind = child.lark_name()
        if kind == "interpolation":
            value = _inner(child, scope)
            if not isinstance(value, str | int | float):
                return Unknown(source_of(node).strip('"'))
            text += text_of(value)
        elif kind == "STRING_CHARS":
            text += _unescaped(str(child.value))
        elif not hasattr(child, "value"):  # a directive: %{ if … }
            return Unknown(source_of(node).strip('"'))
        else:
            text += str(child.value).replace("$${", "${").replace("%%{", "%{")
        if len(text) > MOST_CHARACTERS:
            return Unknown(source_of(node).strip('"'))
    return text


def text_of(value: Any) -> str:
    """A value as Terraform writes it in a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] not in "uU" or len(code) == 1:
            return _ESCAPES.get(code, found[0])
        number = int(code[1:], 16)
        is_character = number < 0x110000 and not 0xD800 <= number < 0xE000
        return chr(number) if is_character else found[0]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", one, text)


def _heredoc(node: Any, scope: Scope) -> Any:
    text = str(node.children[0].value)
    _, *lines = text.rstrip("\n").splitlines()
    body = lines[:-1]
    if "${" in text or "%{" in text:
        return Unknown(text.strip())
    if text.startswith("<<-"):
        indent = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
        body = [line[indent:] for line in body]
    return "".join(f"{line}\n" for line in body)


def _tuple(node: Any, scope: Scope) -> Any:
    return [evaluate(part, scope) for part in parts(node)]


def _object(node: Any, scope: Scope) -> Any:
    found: dict[str, Any] = {}
    for element in parts(node):
        key, value = parts(element)
        name = _key(key, scope)
        if isinstance(name, Unknown):
            return Unknown(source_of(node))
        found[text_of(name)] = evaluate(value, scope)
    return found


def _key(node: Any, scope: Scope) -> Any:
    (inside,) = parts(node)
    return source_of(inside) if inside.lark_name() == "identifier" else evaluate(inside, scope)


def _attribute(node: Any, scope: Scope) -> Any:
    term, access = parts(node)
    return _at(evaluate(term, scope), source_of(access).lstrip("."), source_of(node))


def _index(node: Any, scope: Scope) -> Any:
    term, access = parts(node)
    inside = parts(access)
    key = evaluate(inside[0], scope) if inside else source_of(access).lstrip(".")
    return _at(evaluate(term, scope), key, source_of(node))


def _at(value: Any, key: Any, text: str) -> Any:
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        return _known(value[key])
    if isinstance(value, list) and str(key).isdigit() and int(key) < len(value):
        return value[int(key)]
    return Unknown(text)


def _conditional(node: Any, scope: Scope) -> Any:
    condition, first, second = parts(node)
    wanted = evaluate(condition, scope)
    if isinstance(wanted, bool):
        return evaluate(first if wanted else second, scope)
    return Unknown(source_of(node))


def _for_list(node: Any, scope: Scope) -> Any:
    """`[for x in list : value]`, without `if`."""
    intro, *rest = parts(node)
    items = _loop(intro, scope)
    if items is None or len(rest) != 1:
        return Unknown(source_of(node))
    return [evaluate(rest[0], {**scope, **names}) for names in items]


def _loop(intro: Any, scope: Scope) -> list[dict[str, Any]] | None:
    """The values of a `for`'s names in each iteration; None when unknown."""
    *names, source = parts(intro)
    over = evaluate(source, scope)
    labels = [source_of(name) for name in names]
    if isinstance(over, dict):
        pairs = [(key, _known(value)) for key, value in over.items()]
    elif isinstance(over, list):
        pairs = list(enumerate(over))
    else:
        return None
    if len(labels) == 1:
        return [{labels[0]: value} for _, value in pairs]
    return [{labels[0]: key, labels[1]: value} for key, value in pairs]


def _call(node: Any, scope: Scope) -> Any:
    name, *rest = parts(node)
    given = [evaluate(argument, scope) for argument in (parts(rest[0]) if rest else [])]
    spread = bool(rest) and source_of(rest[0]).endswith("...")
    if spread and given and isinstance(given[-1], list):
        given = [*given[:-1], *given[-1]]
    work = _FUNCTIONS.get(source_of(name))
    if not work or any(isinstance(value, Unknown) or is_large(value) for value in given):
        return Unknown(source_of(node))
    try:
        found = work(*given)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return Unknown(source_of(node))
    return Unknown(source_of(node)) if isinstance(found, str) and len(found) > MOST_CHARACTERS else found


def _merge(*maps: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for found in maps for key, value in (found or {}).items()}


def _formatted(text: str, *values: Any) -> str:
    if re.search(r"%(?![svdq%])", text):
        raise ValueError("a verb with a width or precision")
    return text.replace("%v", "%s") % values


def _decoded(text: Any) -> Any:
    # The argument of `jsonencode` replaces the text here.
    return loads(text) if isinstance(text, str) else text


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "compact": lambda items: [item for item in items if item],
    "concat": lambda *lists: [item for found in lists for item in found],
    "distinct": lambda items: list(dict.fromkeys(items)),
    "format": _formatted,
    "join": lambda sign, items: sign.join(items),
    "jsondecode": _decoded,
    "jsonencode": lambda value: value,
    "keys": lambda found: sorted(found),
    "lower": lambda text: text.lower(),
    "merge": _merge,
    "tolist": lambda items: list(items),
    "tomap": lambda found: found,
    "toset": lambda items: sorted(set(items)),
    "tostring": text_of,
    "upper": lambda text: text.upper(),
    "values": lambda found: [found[key] for key in sorted(found)],
}
_NODES: dict[str, Callable[[Any, Scope], Any]] = {
    "conditional": _conditional,
    "expr_term": _inner,
    "float_lit": _number,
    "for_tuple_expr": _for_list,
    "function_call": _call,
    "get_attr_expr_term": _attribute,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "identifier": _identifier,
    "index_expr_term": _index,
    "int_lit": _number,
    "literal_value": _literal,
    "object": _object,
    "string": _string,
    "tuple": _tuple,
}
