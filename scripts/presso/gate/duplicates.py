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

from presso.gate.model import Model, Resource
from presso.gate.ownership import identity
from presso.gate.resource_types import OF_THINGS, ONE_EACH, SEVERAL, VERSION
from presso.hcl.values import Unknown
from presso.json_text import NotJson, loads

# A function by its name, its ARN or the end of that, each perhaps with a qualifier.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_FUNCTION = re.compile(r"(?:(?:.*:)?function:)?([\w-]+)(?::([\w$-]+))?", re.ASCII)
_ITSELF = "$LATEST"  # the qualifier of the function itself
# Names of IAM are unique in any case of letters, and with any path.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_OF_IAM = frozenset({"aws_iam_policy", "aws_iam_role"})
_SECRET = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+?)(?:-\w{6})?", re.ASCII)
_NUMBERS = Context(prec=38)  # of DynamoDB
_NAMED_BY = ("arn", "bucket", "id", "name", "url")
_CURRENT = "AWSCURRENT"  # the stage of a secret's version that has no other
# What takes away all that it does not list of what is attached to a role: its list, the type that attaches,
# and what names that there.
_EXCLUSIVE: Mapping[str, tuple[str, str, str]] = {
    "aws_iam_role_policies_exclusive": ("policy_names", "aws_iam_role_policy", "name"),
    "aws_iam_role_policy_attachments_exclusive": (
        "policy_arns",
        "aws_iam_role_policy_attachment",
        "policy_arn",
    ),
}


def duplicates(model: Model) -> Iterator[tuple[Resource, str]]:
    """Yield resources with what they are to AWS: the same as an earlier one, or a setting another has."""
    seen: dict[tuple[str, ...], str] = {}
    for resource in model.managed:
        for what in _things(model, resource):
            first = seen.setdefault(what, resource.address)
            if first != resource.address:
                yield resource, f"is the same as {first}"
        if resource.type in OF_THINGS:
            for thing, name in _had(model, resource):
                yield resource, f"sets {name} of {thing}, which sets it itself"
        if resource.type in _EXCLUSIVE:
            yield from ((resource, f"takes away {address}") for address in _taken(model, resource))


def _things(model: Model, resource: Resource) -> Iterator[tuple[str, ...]]:
    """Yield what AWS knows a resource by; nothing where that is unknown."""
    if resource.type in ONE_EACH:
        found = [_reference(resource, name) for name in ONE_EACH[resource.type]]
        known = [value for value in found if value is not None]
        if resource.type.startswith("aws_iam_"):
            known = [value.lower() for value in known]
        if len(known) == len(found):
            yield from ((resource.type, *known, *more) for more in _one_of(resource))
    elif resource.type == "aws_dynamodb_table_item":
        item = _item(model, resource)
        yield from () if item is None else (item,)
    elif resource.type not in SEVERAL and (known_by := identity(resource, model.facts)):
        arn, name = known_by
        yield resource.type, name.lower() if resource.type in _OF_IAM else arn


def _one_of(resource: Resource) -> list[tuple[str, ...]]:
    """What is beside the names of a resource: of a secret's version each stage, of which there is one."""
    if resource.type != "aws_secretsmanager_secret_version":
        return [()]
    stages = resource.values.get("version_stages")
    return [(str(stage),) for stage in stages] if isinstance(stages, list) and stages else [(_CURRENT,)]


def _taken(model: Model, exclusive: Resource) -> Iterator[str]:
    """The policies of a role that one with a list takes away from it at each apply."""
    listed, kind, name = _EXCLUSIVE[exclusive.type]
    kept = exclusive.values.get(listed)
    role = _reference(exclusive, "role_name")
    if role is None or not isinstance(kept, list) or any(isinstance(each, Unknown) for each in kept):
        return
    attached = [each for each in model.of(kind) if _reference(each, "role") == role]
    named = [each for each in attached if isinstance(each.get(name), str)]
    taken = [each.address for each in named if each.get(name) not in kept]
    if not taken and len(attached) > len(kept):  # some have names that AWS draws
        taken = [each.address for each in attached if each not in named][: len(attached) - len(kept)]
    yield from taken


def _item(model: Model, resource: Resource) -> tuple[str, ...] | None:
    """The table and the key of an item."""
    table, item = (resource.values.get(name) for name in ("table_name", "item"))
    keys = _keys(model, resource)
    if not isinstance(table, str) or not isinstance(item, str) or any(isinstance(k, Unknown) for k in keys):
        return None
    try:
        found = loads(item)
    except NotJson:
        return None  # AWS refuses it
    if not isinstance(found, dict):
        return None
    return resource.type, table.rpartition("/")[2], *(_written(found.get(key)) for key in keys if key)


def _keys(model: Model, item: Resource) -> list[Any]:
    """The names of the attributes that are an item's key: its table's, where that is in the model."""
    named = str(item.get("table_name")).rpartition("/")[2]
    tables = (table for table in model.of("aws_dynamodb_table") if table.get("name") == named)
    keyed = next(tables, item)
    return [keyed.values.get(name) for name in ("hash_key", "range_key")]


def keys_of_others(model: Model) -> Iterator[tuple[Resource, str, str]]:
    """Yield items whose key is not their table's, the attribute, and the name that it must have."""
    for item in model.of("aws_dynamodb_table_item"):
        names = ("hash_key", "range_key")
        for name, wanted in zip(names, _keys(model, item), strict=True):
            given = item.values.get(name)
            if not isinstance(given, Unknown) and not isinstance(wanted, Unknown) and given != wanted:
                yield item, name, wanted or ""


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
    return _of_qualifier(found[2] or "") if found else ""


def _of_qualifier(name: str) -> str:
    return "" if name == _ITSELF else name


def _bucket(name: str) -> str:
    return name.rpartition(":::")[2]


def _key(key: str) -> str:
    """An object's key as the provider cleans it: `sdkv1CompatibleCleanKey`, internal/service/s3/object.go."""
    return re.sub("/+", "/", key.removeprefix("./").lstrip("/"))


def _secret(name: str) -> str:
    """A secret's name, from an ARN without the six characters that AWS draws."""
    found = _SECRET.fullmatch(name)
    return found[1] if found else name


def _end(after: str) -> Callable[[str], str]:
    return lambda name: name.rpartition(after)[2]


# By the attribute: how AWS reads a name there.
_WAYS: Mapping[str, Callable[[str], str]] = {
    "bucket": _bucket,
    "endpoint": lambda name: name.removesuffix(f":{_ITSELF}"),
    "event_bus_name": _end(":event-bus/"),
    "function_name": _function,
    "key": _key,
    "qualifier": _of_qualifier,
    "queue_url": _end("/"),
    "resource_arn": lambda arn: arn.removesuffix(":*"),  # of a log group
    "role": str.lower,
    "role_name": str.lower,
    "secret_id": _secret,
    VERSION: lambda arn: arn.rpartition(":")[0],
}
# What counts where they are left out: the account's default bus, the function itself.
_LEFT_OUT: Mapping[str, Callable[[Resource], str]] = {
    "event_bus_name": lambda _: "",
    "qualifier": _qualifier,
}
