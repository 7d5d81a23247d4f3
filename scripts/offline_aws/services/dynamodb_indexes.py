"""Keys, capacity and secondary indexes of a DynamoDB table, between Terraform's blocks and the API's objects.

Source: internal/service/dynamodb/{flex,table}.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offline_aws.derived_shapes import Derived
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, given
from offline_aws.shapes import from_api, to_api

_INDEX = "global_secondary_index"
_MOST_KEYS = 4  # of a kind, in an index


def key_schema(hash_key: str | None, range_key: str | None) -> list[Values]:
    """A table's or index's keys as the API wants them."""
    keys = (("HASH", hash_key), ("RANGE", range_key))
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name]


def capacity(values: Values) -> Values:
    """Provisioned units; a unit that is not set is 0, which AWS refuses by name."""
    return {
        "ReadCapacityUnits": values["read_capacity"] or 0,
        "WriteCapacityUnits": values["write_capacity"] or 0,
    }


_LIMITS = Derived(
    "aws_dynamodb_table",
    "dynamodb",
    "TableDescription",
    only={"on_demand_throughput", "warm_throughput"},
)


def limits(values: Values) -> Values:
    """Limits of a table or index that is paid per request, and units that it must bear at once."""
    kept = {name: block for name in _LIMITS if isinstance(block := values.get(name), list)}
    return given(**to_api(kept, _LIMITS))


def limits_read(found: Values) -> Values:
    """The inverse of ``limits``."""
    return from_api(found, _LIMITS)


def _projection(index: Values) -> Values:
    return given(ProjectionType=index["projection_type"], NonKeyAttributes=index["non_key_attributes"])


def _keys(index: Values) -> list[Values]:
    if index["key_schema"]:
        return [
            {"AttributeName": key["attribute_name"], "KeyType": key["key_type"]}
            for key in index["key_schema"]
        ]
    return key_schema(index["hash_key"], index["range_key"])


def arguments(index: Values, provisioned: bool) -> Values:
    """A global secondary index as CreateTable wants it."""
    return given(
        IndexName=index["name"],
        KeySchema=_keys(index),
        Projection=_projection(index),
        ProvisionedThroughput=capacity(index) if provisioned else None,
        **limits(index),
    )


def local_arguments(index: Values, hash_key: str) -> Values:
    """A local secondary index as CreateTable wants it."""
    return {
        "IndexName": index["name"],
        "KeySchema": key_schema(hash_key, index["range_key"]),
        "Projection": _projection(index),
    }


def read(table: Values, stored: list[Values]) -> list[Values]:
    """The global secondary indexes of a described table; keys in the form in which each is stored."""
    with_schema = {index["name"] for index in stored if index.get("key_schema")}
    return [
        _read(index, index["IndexName"] in with_schema) for index in table.get("GlobalSecondaryIndexes") or ()
    ]


def _read(index: Values, with_schema: bool) -> Values:
    keys = index["KeySchema"]
    kinds = [key["KeyType"] for key in keys]
    with_schema = with_schema or max(kinds.count("HASH"), kinds.count("RANGE")) > 1
    named = {key["KeyType"]: key["AttributeName"] for key in keys}
    units = index.get("ProvisionedThroughput") or {}
    schema = [{"attribute_name": key["AttributeName"], "key_type": key["KeyType"]} for key in keys]
    return {
        "hash_key": None if with_schema else named["HASH"],
        "key_schema": schema if with_schema else [],
        "name": index["IndexName"],
        "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
        **limits_read(index),
        "projection_type": index["Projection"]["ProjectionType"],
        "range_key": None if with_schema else named.get("RANGE"),
        "read_capacity": units.get("ReadCapacityUnits", 0),
        "write_capacity": units.get("WriteCapacityUnits", 0),
    }


def local_read(table: Values) -> list[Values]:
    """The local secondary indexes of a described table."""
    return [
        {
            "name": index["IndexName"],
            "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
            "projection_type": index["Projection"]["ProjectionType"],
            "range_key": next(
                key["AttributeName"] for key in index["KeySchema"] if key["KeyType"] == "RANGE"
            ),
        }
        for index in table.get("LocalSecondaryIndexes") or ()
    ]


def by_name(values: Values) -> dict[str, Values]:
    """The global secondary indexes of a table's values, by name."""
    return {index["name"]: index for index in values["global_secondary_index"]}


def capacity_update(index: Values) -> Values:
    """The change of an index's capacity."""
    return {"Update": {"IndexName": index["name"], "ProvisionedThroughput": capacity(index)}}


def updates(values: Values, prior: Values, provisioned: bool, rescaled: bool) -> list[Values]:
    """Changes of the indexes in an order that AWS takes: what goes, what comes, what is only resized.

    An index whose keys or projection change goes and comes again. ``rescaled``: capacities are already set.
    """
    new, old = by_name(values), by_name(prior)
    other = {name for name in new.keys() & old.keys() if _shape(new[name]) != _shape(old[name])}
    steps: list[Values] = [
        {"Delete": {"IndexName": name}} for name in sorted((old.keys() - new.keys()) | other)
    ]
    created = sorted((new.keys() - old.keys()) | other)
    steps += [{"Create": arguments(new[name], provisioned)} for name in created]
    for name in sorted((new.keys() & old.keys()) - other):
        if provisioned and not rescaled and capacity(new[name]) != capacity(old[name]):
            steps.append(capacity_update(new[name]))
        on_demand = limits(new[name]).get("OnDemandThroughput")
        if on_demand and on_demand != limits(old[name]).get("OnDemandThroughput"):
            steps.append({"Update": {"IndexName": name, "OnDemandThroughput": on_demand}})
    return steps


def _shape(index: Values) -> Any:
    return _keys(index), index["projection_type"], sorted(index["non_key_attributes"] or ())


def check_attributes(values: Values) -> None:
    """Every indexed attribute is defined and every defined one is indexed, else ResourceError."""
    blocks = values["attribute"], values["global_secondary_index"], values["local_secondary_index"]
    if any(block is UNKNOWN for block in blocks):
        return
    used = {values["hash_key"], values["range_key"]}
    for index in (*blocks[1], *blocks[2]):
        used |= {index.get("hash_key"), index.get("range_key")}
        schema = index.get("key_schema")
        used |= {UNKNOWN} if schema is UNKNOWN else {key["attribute_name"] for key in schema or ()}
    defined = {item["name"] for item in blocks[0]}
    if any(name is UNKNOWN for name in used | defined):
        return
    used -= {None, ""}
    if unused := sorted(defined - used):
        raise ResourceError(
            f"all attributes must be indexed. Unused attributes: {unused}",
            detail="Only keys of the table and of its indexes are defined; DynamoDB has no other schema.",
            path="attribute",
        )
    if unmatched := sorted(used - defined):
        raise ResourceError(
            f"all indexes must match a defined attribute. Unmatched indexes: {unmatched}", path="attribute"
        )


def check(blocks: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with configured global secondary indexes: the path and a message.

    Source: internal/service/dynamodb/table.go of 2026, validateGlobalSecondaryIndex and validateGSIKeySchema.
    """
    for index in blocks if isinstance(blocks, list) else ():
        schema = index["key_schema"]
        for name in ("hash_key", "range_key") if schema not in (None, []) else ():
            if index[name] not in (None, UNKNOWN) and schema is not UNKNOWN:
                yield _INDEX, f"{name} cannot be specified with key_schema"
        if index["hash_key"] is None and schema in (None, []):
            yield _INDEX, "one of key_schema and hash_key must be specified"
        yield from _check_schema(schema)


def _check_schema(schema: Any) -> Iterator[tuple[str, str]]:
    kinds = [key["key_type"] for key in schema] if isinstance(schema, list) else []
    if not kinds or UNKNOWN in kinds:
        return
    hashes = kinds.count("HASH")
    if kinds != sorted(kinds):
        yield _INDEX, 'elements of key_schema with key_type "HASH" must be before those with "RANGE"'
    if not 1 <= hashes <= _MOST_KEYS:
        yield _INDEX, f'key_schema must have 1 to {_MOST_KEYS} elements with key_type "HASH", got {hashes}'
    if len(kinds) - hashes > _MOST_KEYS:
        yield _INDEX, f'key_schema can have at most {_MOST_KEYS} elements with key_type "RANGE"'


def ignore_capacity(values: Values, prior: Values) -> None:
    """Paid per request, capacities mean nothing: what is stored stays."""
    for name in ("read_capacity", "write_capacity"):
        values[name] = prior[name] if values["billing_mode"] == prior["billing_mode"] else 0
