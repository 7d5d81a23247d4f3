"""Resources of an extension that are one thing to AWS: by their names, and by what they are settings of.

AWS takes several ways of naming a thing: a bus and a function also by ARN, a role in any case of letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Context, Decimal
from json import dumps
from typing import Any

from presso.gate.model import Facts, Model, Resource
from presso.gate.ownership import identity
from presso.gate.resource_types import OF_THINGS, ONE_EACH, SEVERAL, VERSION
from presso.hcl.values import Unknown
from presso.json_text import NotJson, loads

# A function by its name, its ARN or the end of that, each perhaps with a qualifier.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_FUNCTION = re.compile(r"(?:(?:.*:)?function:)?([\w-]+)(?::([\w$-]+))?", re.ASCII)
# Names of IAM are unique in any case of letters, and with any path.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_OF_IAM = frozenset({"aws_iam_policy", "aws_iam_role"})
_NUMBERS = Context(prec=38)  # of DynamoDB
_NAMED_BY = ("arn", "bucket", "id", "name", "url")


def duplicates(model: Model) -> Iterator[tuple[Resource, str]]:
    """Yield resources with what they are to AWS: the same as an earlier one, or a setting another has."""
    seen: dict[tuple[str, ...], str] = {}
    for resource in model.managed:
        if (what := _thing(resource, model.facts)) is not None:
            first = seen.setdefault(what, resource.address)
            if first != resource.address:
                yield resource, f"is the same as {first}"
        if resource.type in OF_THINGS:
            for thing, name in _had(model, resource):
                yield resource, f"sets {name} of {thing}, which sets it itself"


def _thing(resource: Resource, facts: Facts) -> tuple[str, ...] | None:
    """What AWS knows a resource by; None where that is unknown."""
    if resource.type in ONE_EACH:
        found = [_reference(resource, name) for name in ONE_EACH[resource.type]]
        known = [value for value in found if value is not None]
        return (resource.type, *known) if len(known) == len(found) else None
    if resource.type == "aws_dynamodb_table_item":
        return _item(resource)
    known_by = None if resource.type in SEVERAL else identity(resource, facts)
    if known_by and resource.type in _OF_IAM:
        return resource.type, known_by[1].lower()
    return known_by and (resource.type, known_by[0])


def _item(resource: Resource) -> tuple[str, ...] | None:
    """The table and the key of an item."""
    table, item = (resource.values.get(name) for name in ("table_name", "item"))
    keys = [resource.values.get(name) for name in ("hash_key", "range_key")]
    if not isinstance(table, str) or not isinstance(item, str) or any(isinstance(k, Unknown) for k in keys):
        return None
    try:
        found = loads(item)
    except NotJson:
        return None  # AWS refuses it
    if not isinstance(found, dict):
        return None
    return resource.type, table.rpartition("/")[2], *(_written(found.get(key)) for key in keys if key)


def _written(value: Any) -> str:
    """A value of DynamoDB's, written in one way: numbers are the same with other digits."""
    if isinstance(value, dict) and isinstance(number := value.get("N"), str):
        with suppress(ArithmeticError):
            return f"N {Decimal(number).normalize(_NUMBERS)}"
    return dumps(value, sort_keys=True)


def _reference(resource: Resource, attribute: str) -> str | None:
    """What an attribute names, written in one way; None where that is unknown."""
    value = resource.get(attribute)
    if value is None and attribute in _LEFT_OUT:
        return _LEFT_OUT[attribute](resource)
    return _WAYS.get(attribute, str)(value) if isinstance(value, str) else None


def _had(model: Model, setting: Resource) -> Iterator[tuple[str, str]]:
    """The things that have what a resource sets of them, and the name of that."""
    reference, kind, name = OF_THINGS[setting.type]
    of = _reference(setting, reference)
    if of is None:
        return
    way = _WAYS.get(reference, str)
    for thing in model.of(kind):
        names = (thing.values.get(each) for each in _NAMED_BY)
        written = name in thing.lines or name in thing.blocks
        if written and of in {way(each) for each in names if isinstance(each, str)} and _is_set(thing, name):
            yield thing.address, name


def _is_set(thing: Resource, name: str) -> bool:
    value = thing.values.get(name)
    return isinstance(value, Unknown) or bool(value)


def _function(name: str) -> str:
    found = _FUNCTION.fullmatch(name)
    return found[1] if found else name


def _qualifier(resource: Resource) -> str:
    """The qualifier behind a function's name; "" for the function itself."""
    found = _FUNCTION.fullmatch(str(resource.get("function_name")))
    return (found[2] or "") if found else ""


def _key(key: str) -> str:
    """An object's key as the provider cleans it: `sdkv1CompatibleCleanKey`, internal/service/s3/object.go."""
    return re.sub("/+", "/", key.removeprefix("./").lstrip("/"))


def _end(after: str) -> Callable[[str], str]:
    return lambda name: name.rpartition(after)[2]


# By the attribute: how AWS reads a name there.
_WAYS: Mapping[str, Callable[[str], str]] = {
    "event_bus_name": _end(":event-bus/"),
    "function_name": _function,
    "key": _key,
    "queue_url": _end("/"),
    "resource_arn": lambda arn: arn.removesuffix(":*"),  # of a log group
    "role": str.lower,
    "role_name": str.lower,
    VERSION: lambda arn: arn.rpartition(":")[0],
}
# What counts where they are left out: the account's default bus, the function itself.
_LEFT_OUT: Mapping[str, Callable[[Resource], str]] = {
    "event_bus_name": lambda _: "",
    "qualifier": _qualifier,
}
