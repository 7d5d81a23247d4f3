"""Policy variables such as `${aws:PrincipalTag/team}`.

Source: IAM user guide, "IAM policy elements: Variables and tags". They are replaced in the resource part of
ARNs and in conditions with string or ARN operators, in policies of version 2012-10-17. A statement with a
variable that the request has no value for, and no default, does not apply.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(iam_evaluator, "ParsedStatement", _resolve_condition_key="key ctx")

_VERSION = "2012-10-17"
_VARIABLE = re.compile(r"\$\{(?P<key>[^},]+?)(?:,\s*'(?P<default>[^']*)')?\}")
_CHARACTERS = {"$", "*", "?"}


class _NoValue(Exception):
    """The request has no value for a variable."""


@PATCHES.around(iam_evaluator, "parse_policy_document")
def _parse_policy_document(original: Callable[[Any], list[Any]], doc: Any) -> list[Any]:
    # A stored document is text. What the emulator parses otherwise is made of statements alone.
    return [*_stored(original, doc)] if isinstance(doc, str) else original(doc)


# Each request is judged by all the documents of its role and its account again.
@lru_cache(maxsize=1024)
def _stored(original: Callable[[Any], list[Any]], text: str) -> tuple[Any, ...]:
    """The statements of a stored document, which are only read from then on."""
    statements = original(text)
    if statements and json.loads(text).get("Version") != _VERSION:
        for statement in statements:
            statement.literal = True
    return tuple(statements)


@PATCHES.around(iam_evaluator)
def _first_match(original: Callable[..., Any], ctx: Any, stmts: list[Any], effect: str) -> Any:
    return original(ctx, [each for each in (_filled(stmt, ctx) for stmt in stmts) if each], effect)


def _filled(statement: Any, ctx: Any) -> Any:
    """The statement with its variables' values; None when one of them has none."""
    parts = (statement.resources, statement.not_resources, statement.conditions)
    if getattr(statement, "literal", False) or "${" not in str(parts):
        return statement
    try:
        return replace(
            statement,
            resources=[_arn(each, ctx) for each in statement.resources],
            not_resources=[_arn(each, ctx) for each in statement.not_resources],
            conditions={
                operator: _values(block, ctx) if _takes_variables(operator) else block
                for operator, block in statement.conditions.items()
            },
        )
    except _NoValue:
        return None


def _takes_variables(operator: str) -> bool:
    return "string" in operator.lower() or "arn" in operator.lower()


def _arn(text: str, ctx: Any) -> str:
    parts = text.split(":", 5)
    return ":".join([*parts[:5], *(_text(part, ctx) for part in parts[5:])])


def _values(block: dict[str, Any], ctx: Any) -> dict[str, Any]:
    return {
        key: [_text(each, ctx) for each in (expected if isinstance(expected, list) else [expected])]
        for key, expected in block.items()
    }


def _text(text: Any, ctx: Any) -> str:
    def value(found: re.Match[str]) -> str:
        if found["key"] in _CHARACTERS:
            return found["key"]
        known = iam_evaluator._resolve_condition_key(found["key"], ctx)
        if known is None or isinstance(known, list):
            known = found["default"]
        if known is None:
            raise _NoValue(found["key"])
        return str(known)

    return _VARIABLE.sub(value, str(text))
