"""Entries of logs that are written without code: by targets that are log groups, and by workflows.

CloudWatch makes metrics of an entry that is JSON with the key `_aws`, in any namespace. So an extension that
writes entries without code writes out the keys of what it puts together: its templates and its expressions
are read, and what is not known here is a fault. Values may be anything that events hold.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
https://docs.jsonata.org/construction
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from presso.gate import workflows
from presso.gate.model import Model, Resource
from presso.json_text import NotJson, loads

_METRICS, _TIME = "_aws", "Timestamp"
_GROUP = ":log-group:"
_TARGETS = (
    ("aws_cloudwatch_event_target", "arn", ("input_path", "input_transformer")),
    ("aws_pipes_pipe", "target", ("target_parameters.input_template", "enrichment")),
)
_TEMPLATES = (
    ("aws_cloudwatch_event_target", "input_transformer.input_template"),
    ("aws_pipes_pipe", "enrichment_parameters.input_template"),
    ("aws_pipes_pipe", "target_parameters.input_template"),
)
_TEXT_OR_PLACE = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>', re.DOTALL)
_PLACE = re.compile(r"<[^<>]*>")
_WORDS = re.compile(r"\s*[^\s{<\[\"\\]")  # no JSON begins so
_MOST_IN_TEXTS = 4  # JSON in a text in JSON
# Of Amazon States Language: a path, a call, the texts in it, and the template of a format.
_PATH = re.compile(r"\$\$?(?:[.\[][^()&]*)?")
_CALL = re.compile(r"States\.(\w+)")
_INTRINSICS = frozenset(  # none that decodes, or takes words away
    {
        *("Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange"),
        *("ArrayUnique", "Base64Encode", "Format", "Hash", "JsonMerge", "JsonToString", "MathAdd"),
        *("MathRandom", "StringToJson", "UUID"),
    }
)
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_FORMAT = re.compile(rf"States\.Format\(\s*{_LITERAL.pattern}", re.DOTALL)
_PLAIN = re.compile(r"[^{}\"'\\]*", re.DOTALL)
# Of JSONata, in its order: texts, names of functions and variables, the signs that begin and part objects.
_TOKEN = re.compile(
    r"""\s+|/\*.*?\*/|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<call>\$\w+(?=\s*\())"""
    r"""|(?P<sign>[{}()\[\],:])|(?P<other>\$?\w+|\$|[-.+*%/&=<>!?]|`\w+`)""",
    re.DOTALL,
)
# Before a bracket, these make it a call by a value; the others part the operands of joined texts.
_CALLED = re.compile(r"(?!and$|in$|or$)\$?\w+|\$|`\w+`|[)\]}]")
_PARTING = frozenset({",", ":", "?", "=", "<", ">", "and", "in", "or"})
_FUNCTIONS = frozenset(
    f"${name}"
    for name in (
        *("abs", "average", "boolean", "ceil", "count", "exists", "floor", "formatNumber", "fromMillis"),
        *("length", "lowercase", "max", "millis", "min", "not", "now", "number", "power", "round", "string"),
        *("sum", "toMillis", "trim", "type", "uppercase", "uuid"),
    )
)


def unreadable(model: Model) -> Iterator[tuple[Resource, str, str]]:
    """Yield resources that may make an entry's keys of parts: with the attribute, and a sentence's end."""
    if not any(True for _ in _writers(model)):
        return
    for kind, path in _TEMPLATES:
        for resource in model.of(kind):
            for template in resource.all(path):
                if isinstance(template, str) and (fault := _of_template(template)):
                    yield resource, path.partition(".")[0], fault
    for machine in model.of("aws_sfn_state_machine"):
        definition = _definition(machine)
        found = [*map(_of_expression, _expressions(definition)), *_of_keys(definition)]
        for fault in dict.fromkeys(filter(None, found)):
            yield machine, "definition", fault


def _writers(model: Model) -> Iterator[Resource]:
    """The resources that write entries of parts of what they get: the keys of whole events are AWS's."""
    for kind, attribute, parts in _TARGETS:
        for each in model.of(kind):
            if _GROUP in str(each.get(attribute)) and any(each.get(part) is not None for part in parts):
                yield each
    for machine in model.of("aws_sfn_state_machine"):
        try:
            calls = list(workflows.state_calls(_definition(machine) or {"States": {}}))
        except workflows.InvalidDefinition:
            continue  # P1-029 reports it
        for call in calls:
            called = workflows.integration(str(call.resource), model.facts)
            if called is not None and (called[0], called[1].lower()) == ("logs", "putlogevents"):
                yield machine


def _definition(machine: Resource) -> dict[str, Any]:
    try:
        return workflows.definition(machine)
    except workflows.InvalidDefinition:
        return {}


def _of_template(template: str, depth: int = _MOST_IN_TEXTS) -> str:
    """What is wrong with a template; "" for nothing. What it puts in is between angle brackets.

    Two parts that only data decides may be the halves of one JSON, so words come before them.
    """
    plain = template.strip()
    if not _PLACE.search(plain) or _PLACE.fullmatch(plain) or _WORDS.match(plain):
        return ""
    if plain.startswith("[") and "{" not in _PLACE.sub("", plain):
        return ""

    def quoted(found: re.Match[str]) -> str:
        return '"<>"' if found[0].startswith("<") else found[0]

    try:
        read = loads(_TEXT_OR_PLACE.sub(quoted, plain))
    except NotJson:
        first = plain.partition("\n")[0].removeprefix('"')  # several lines, each in quotes
        return "" if plain.startswith('"') and _WORDS.match(first) else "whose keys cannot be read"
    return next(filter(None, _of_values(read, depth)), "")


def _of_values(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield _of_template(value, depth - 1) if depth else "whose keys cannot be read"
    elif isinstance(value, list):
        for item in value:
            yield from _of_values(item, depth)
    elif isinstance(value, dict):
        for key, item in value.items():
            if _PLACE.search(key):
                yield f"with a key that is put together: {key[:40]}"
            if key == _METRICS and _PLACE.search(str(_without_time(item))):
                yield "with metrics that are put together"
            yield from _of_values(item, depth)


def _without_time(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in value.items() if name.removesuffix(".$") != _TIME}


def _expressions(value: Any, key: str = "") -> Iterator[str]:
    """The expressions in a definition."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _expressions(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item)
    elif isinstance(value, str) and (key.endswith(".$") or value.strip().startswith("{%")):
        yield value.strip()


def _of_keys(value: Any) -> Iterator[str]:
    """What is wrong with keys for metrics in a definition: data decides what is there."""
    if isinstance(value, list):
        for item in value:
            yield from _of_keys(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            is_path = key == "ResultPath" and isinstance(item, str) and (_METRICS in item or "\\" in item)
            is_open = any(True for _ in _expressions({key: _without_time(item)}))
            if is_path or (key.removesuffix(".$") == _METRICS and is_open):
                yield "with metrics that are put together"
            yield from _of_keys(item)


def _of_expression(text: str) -> str:
    if text.startswith("{%"):
        return _of_jsonata(text.removeprefix("{%").removesuffix("%}"))
    if _PATH.fullmatch(text):
        return ""
    called = _CALL.findall(_LITERAL.sub("''", text))
    if unknown := [name for name in called if name not in _INTRINSICS]:
        return f"which calls States.{unknown[0]}: {text[:40]}"
    formats = list(_FORMAT.finditer(text))
    if len(formats) < called.count("Format"):
        return f"by a template that data decides: {text[:40]}"
    for found in formats:
        template = found[1].replace("<", "").replace("{}", "<>")
        if fault := _of_template(re.sub(r"\\(.)", r"\1", template)):
            return fault
    texts = _LITERAL.findall(_FORMAT.sub("", text))
    return "" if all(map(_PLAIN.fullmatch, texts)) else f"which puts texts together: {text[:40]}"


def _of_jsonata(code: str) -> str:
    """What is wrong with an expression; "" where it has no keys but those that it writes out."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(code):
        found = _TOKEN.match(code, at)
        if found is None:
            return f"which the gate cannot read: {code[at : at + 40]}"
        at = found.end()
        if found.lastgroup:
            tokens.append((found.lastgroup, found[0]))
    within: list[str] = []
    for number, (kind, text) in enumerate(tokens):
        if fault := _of_token(tokens, number):
            return fault
        if kind == "sign" and text in "{([":
            within.append(text)
        elif kind == "sign" and text in "})]":
            within[-1:] = []
        if kind == "sign" and (text == "{" or (text == "," and within[-1:] == ["{"])):
            following = [*tokens[number + 1 : number + 3], ("", ""), ("", "")]
            ends, is_key = following[0] == ("sign", "}"), following[0][0] == "text"
            if not ends and not (is_key and following[1] == ("sign", ":")):
                return "with a key that is put together"
    return ""


def _of_token(tokens: list[tuple[str, str]], number: int) -> str:
    """What is wrong with a token of JSONata where it is; "" for nothing."""
    kind, text = tokens[number]
    before = tokens[number - 1] if number else ("", "")
    if kind == "call" and text not in _FUNCTIONS:
        return f"which calls {text}"
    if kind == "text" and (_METRICS in text or not _PLAIN.fullmatch(text[1:-1])):
        return f"which puts texts together: {text[:40]}"
    is_callable = before[0] == "text" or (before[0] != "call" and _CALLED.fullmatch(before[1]))
    if (kind, text) == ("sign", "(") and is_callable:
        return f"which calls what is not a function's name: {before[1][:40]}"
    if text == "=" and before == ("sign", ":"):
        return "which gives a value a name"
    if (kind, text) == ("other", "&"):
        first = tokens[_start(tokens, number)]
        if first[0] != "text" or not _WORDS.match(first[1][1:-1]):
            return f"which joins texts without words before them: {first[1][:40]}"
    return ""


def _start(tokens: list[tuple[str, str]], number: int) -> int:
    """Where what a token belongs to begins: behind a bracket, a sign that parts, or a comparison."""
    depth = 0
    while number:
        kind, text = tokens[number - 1]
        if kind == "sign" and text in ")]}":
            depth += 1
        elif kind == "sign" and text in "([{":
            if not depth:
                break
            depth -= 1
        elif not depth and (text in _PARTING and kind != "text"):
            break
        number -= 1
    return number
