"""``aws_dynamodb_table_item``: one item, as typed JSON.

Source: internal/service/dynamodb/table_item.go.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from offline_aws import gojson
from offline_aws.aws import Aws
from offline_aws.equivalence import same_json
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import ResourceHandler

_BETWEEN = "\0"  # the parts of an identity, which may have commas


def _item(text: str) -> Values:
    """``{"id": {"S": "1"}}`` as boto3 wants it: bytes for binaries."""
    return {name: _value(value) for name, value in json.loads(text).items()}


def _value(value: Any) -> Any:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content)}
    if kind == "BS":
        return {"BS": [base64.b64decode(part) for part in content]}
    if kind == "L":
        return {"L": [_value(part) for part in content]}
    if kind == "M":
        return {"M": {name: _value(part) for name, part in content.items()}}
    return value


def _text(item: Values) -> str:
    encoded = json.dumps(item, default=lambda raw: base64.b64encode(bytes(raw)).decode())
    return str(gojson.normalised_json(encoded))


def _key(values: Values, item: Values) -> Values:
    names = [name for name in (values["hash_key"], values["range_key"]) if name]
    return {name: item[name] for name in names}


def key_names(table: Values) -> Values:
    """``hash_key`` and ``range_key`` of a described table; None where it has no range key."""
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    return {"hash_key": keys["HASH"], "range_key": keys.get("RANGE")}


def identity(values: Values, item: Values) -> Values:
    """What identifies an item of a table with these keys, binaries in base64, and its ``id``."""
    contents = [content for found in _key(values, item).values() for content in found.values()]
    contents = [base64.b64encode(each).decode() if isinstance(each, bytes) else each for each in contents]
    parts = dict(zip(("hash_key_value", "range_key_value"), [*contents, None], strict=False))
    return {**parts, "id": ",".join([values["table_name"], *contents])}


def _create(aws: Aws, values: Values) -> None:
    item = _item(values["item"])
    aws.client("dynamodb").put_item(
        TableName=values["table_name"],
        Item=item,
        # Do not overwrite an item that others created.
        ConditionExpression="attribute_not_exists(#hk)",
        ExpressionAttributeNames={"#hk": values["hash_key"]},
    )
    values.update(identity(values, item))


def _read(aws: Aws, values: Values) -> Values | None:
    key = _key(values, _item(values["item"]))
    found = aws.client("dynamodb").get_item(TableName=values["table_name"], Key=key, ConsistentRead=True)
    if not found.get("Item"):
        return None
    names = ("hash_key", "range_key", "table_name")
    return {
        **{name: values[name] for name in names},
        **identity(values, key),
        "item": _text(found["Item"]),
    }


def _update(aws: Aws, values: Values, prior: Values) -> None:
    new, old = _item(values["item"]), _item(prior["item"])
    client, table = aws.client("dynamodb"), values["table_name"]
    client.put_item(TableName=table, Item=new)
    if _key(values, new) != _key(values, old):
        client.delete_item(TableName=table, Key=_key(values, old))
    values.update(identity(values, new))


def _delete(aws: Aws, values: Values) -> None:
    key = _key(values, _item(values["item"]))
    aws.client("dynamodb").delete_item(TableName=values["table_name"], Key=key)


def _imports(aws: Aws, identifier: str) -> Values:
    table, *contents = identifier.split(_BETWEEN if _BETWEEN in identifier else ",")
    described = aws.client("dynamodb").describe_table(TableName=table)["Table"]
    keys = key_names(described)
    names = [name for name in keys.values() if name]
    if len(contents) != len(names):
        form = ",".join(("table_name", "hash_key_value", "range_key_value")[: len(names) + 1])
        raise ResourceError(f"unexpected ID ({identifier})", detail=f"Expected {form}")
    kinds = {each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]}
    item = {name: {kinds[name]: content} for name, content in zip(names, contents, strict=True)}
    values = {"table_name": table, **keys}
    return {**values, **identity(values, _item(json.dumps(item))), "item": json.dumps(item)}


def _identifier_of(aws: Aws, identity: Values) -> str:
    names = ("table_name", "hash_key_value", "range_key_value")
    return _BETWEEN.join(identity[name] for name in names if identity[name])


def _well_formed(value: Any) -> str | None:
    try:
        _item(value)
    except (AttributeError, ValueError, TypeError):
        return 'invalid format of "item": expected DynamoDB JSON, e.g. {"id": {"S": "one"}}'
    return None


def _has_key(values: Values) -> Iterable[tuple[str, str]]:
    item = values["item"]
    if not isinstance(item, str) or _well_formed(item):
        return
    for name in ("hash_key", "range_key"):
        if isinstance(values[name], str) and values[name] not in json.loads(item):
            yield "item", f"the item has no {name} attribute {values[name]!r}"


ITEM = ResourceHandler(
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    imports=_imports,
    identifier=_identifier_of,
    recomputed={"hash_key_value": ("item",), "range_key_value": ("item",)},
    checks=(_has_key,),
    equivalent={"item": same_json},
    validators={"item": _well_formed},
    name=None,
    differs="That the item has its keys is checked at plan; the published provider leaves it to AWS.",
)
