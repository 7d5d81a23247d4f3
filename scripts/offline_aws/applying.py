"""Making, changing, reading and removing remote objects, and what Terraform then stores."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from offline_aws import generated_names, identities
from offline_aws.aws import DEFAULT_TIMEOUT, Aws
from offline_aws.configuration import Configuration
from offline_aws.diagnostics import is_gone, lacks_handler
from offline_aws.handler_values import UNKNOWN, ResourceError, Same, Values
from offline_aws.planning import ManagedType
from offline_aws.resource import ResourceHandler
from offline_aws.schema import Block
from offline_aws.values import ABSENT, conform, empty, known, same, walk, without_unknown

_DURATION = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)(h|ms|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_REGION_OF_IDENTIFIER = re.compile(r"^(?P<id>.+)@(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)$", re.DOTALL)


class Applied(Exception):
    """An operation failed after changing something: carries the state to store beside the error."""

    def __init__(self, state: Values, error: Exception) -> None:
        super().__init__(str(error))
        self.state = state
        self.error = error


def seconds(values: Values, handler: ResourceHandler, operation: str) -> float:
    """How long an operation may take: the ``timeouts`` block, else the type's own, else 20 minutes."""
    text = (values.get("timeouts") or {}).get(operation)
    if isinstance(text, str):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))
    return handler.timeouts.get(operation, DEFAULT_TIMEOUT)


def required(kind: ManagedType, configuration: Configuration) -> ResourceHandler:
    """The type's handler.

    Raises:
        ResourceError: It has none, or the local AWS lacks its service.
    """
    if kind.handler is None:
        raise lacks_handler(kind.name)
    if kind.handler.emulator_lacks and configuration.local:
        raise ResourceError(
            f"the local AWS has no {kind.handler.emulator_lacks}",
            detail=f"{kind.name} can be planned, but only be applied on real AWS. Leave it out locally.",
        )
    return kind.handler


def create(kind: ManagedType, config: Values, planned: Values, configuration: Configuration) -> Values:
    """Make the resource; returns its state.

    Raises:
        Applied: It exists, but something then failed.
    """
    handler = required(kind, configuration)
    values = _with_write_only(kind, without_unknown(planned), config)
    _generate_name(kind, handler, values)
    aws = Aws(configuration, values.get("region") or "", seconds(values, handler, "create"), config)
    try:
        handler.create(aws, values)
        found = handler.read(aws, {**values})
        if found is None:
            raise ResourceError("it was created, but cannot be found")
        _check_names(kind, found)
        return dict(conform(_stored(kind, config, planned, values, _without_tags(found)), kind.block))
    except Exception as error:
        if not values.get("id"):
            raise
        raise Applied(_stored(kind, config, planned, values, {}), error) from error


def update(
    kind: ManagedType, config: Values, planned: Values, prior: Values, configuration: Configuration
) -> Values:
    """Change the resource; returns its state. After an error the prior state stays."""
    handler = required(kind, configuration)
    values = _with_write_only(kind, without_unknown(planned), config)
    aws = Aws(configuration, values.get("region") or "", seconds(values, handler, "update"), config)
    changes = {name for name in kind.calls_for_update(planned, prior) if planned[name] is not UNKNOWN}
    if handler.tag and "tags_all" in changes:
        before, after = prior.get("tags_all") or {}, values.get("tags_all") or {}
        added = {key: text for key, text in after.items() if before.get(key) != text}
        removed = sorted(before.keys() - after.keys())
        if added or removed:
            handler.tag(aws, values, added, removed)
        changes -= {"tags", "tags_all"}
    if changes and handler.update:
        handler.update(aws, values, {**prior})
    found = handler.read(aws, {**values})
    if found is None:
        raise ResourceError("it is gone since it was planned: plan again to create it anew")
    return _stored(kind, config, planned, values, _without_tags(found))


def delete(kind: ManagedType, prior: Values, configuration: Configuration) -> None:
    """Remove the resource; one that is already gone is removed."""
    handler = required(kind, configuration)
    aws = Aws(configuration, prior.get("region") or "", seconds(prior, handler, "delete"))
    try:
        handler.delete(aws, {**prior})
    except Exception as error:
        if not is_gone(error, handler.gone):
            raise


def read(kind: ManagedType, state: Values, configuration: Configuration, imported: bool) -> Values | None:
    """The state as AWS has it now; None when it is gone.

    After an import the state is from ``imports`` alone: defaults then fill what AWS does not return.
    """
    handler = required(kind, configuration)
    aws = Aws(configuration, state.get("region") or "", seconds(state, handler, "read"))
    try:
        found = handler.read(aws, {**state})
    except Exception as error:
        if is_gone(error, handler.gone):
            return None
        raise
    if found is None:
        return None
    _check_names(kind, found)
    _tags(kind, found, state, configuration)
    values = _stored_if_alike(kind, handler, found, state, imported)
    if handler.name and handler.name_prefix in kind.block["attributes"] and not values[handler.name_prefix]:
        values[handler.name_prefix] = generated_names.prefix_of(values[handler.name]) or ""
    return values


def imports(kind: ManagedType, identifier: str, configuration: Configuration) -> Values:
    """The values by which ``read`` finds the resource that an import names (``id`` or ``id@region``)."""
    handler = required(kind, configuration)
    match = _REGION_OF_IDENTIFIER.match(identifier) if "region" in kind.block["attributes"] else None
    region = match["region"] if match else configuration.region
    values = _importer(kind, handler)(Aws(configuration, region), match["id"] if match else identifier)
    return {**values, "region": region} if "region" in kind.block["attributes"] else values


def imports_by_identity(kind: ManagedType, given: Values, configuration: Configuration) -> Values:
    """The same for an import that names the resource by its identity.

    Raises:
        ResourceError: The identity is of another account, or is not complete.
    """
    handler = required(kind, configuration)
    assert kind.identity is not None, kind.name
    region = identities.region_of(kind.identity, given, configuration)
    aws = Aws(configuration, region)
    values = _importer(kind, handler)(aws, identities.identifier(kind.identity, handler, given, aws))
    return {**values, "region": region} if "region" in kind.block["attributes"] else values


def _importer(kind: ManagedType, handler: ResourceHandler) -> Callable[[Aws, str], Values]:
    if handler.imports is None:
        raise ResourceError(
            f"resource {kind.name} doesn't support import",
            detail="The published provider imports none either. Leave the import out: an apply creates it.",
        )
    return handler.imports


def _generate_name(kind: ManagedType, handler: ResourceHandler, values: Values) -> None:
    name, prefix = handler.name, handler.name_prefix
    if not name or prefix not in kind.block["attributes"]:
        return
    if not values.get(name):
        suffix = handler.name_suffix(values) if handler.name_suffix else ""
        values[name] = generated_names.unique(values.get(prefix) or "terraform-", suffix)
    values[prefix] = values.get(prefix) or generated_names.prefix_of(values[name]) or ""


def _with_write_only(kind: ManagedType, values: Values, config: Values) -> Values:
    def leaf(path: tuple[str, ...], spec: Block, value: Any, configured: Any) -> Any:
        return configured if spec.get("write_only") and configured is not ABSENT else value

    return dict(walk(kind.block, leaf, values, config))


def _check_names(kind: ManagedType, found: Values) -> None:
    """A handler's typing error would otherwise be an attribute that never shows drift."""
    block = kind.block
    if excess := found.keys() - block["attributes"].keys() - block.get("block_types", {}).keys() - {"id"}:
        raise TypeError(f"read of {kind.name} returns what its schema has not: {sorted(excess)}")


def _without_tags(found: Values) -> Values:
    return {name: value for name, value in found.items() if name not in ("tags", "tags_all")}


def _stored(kind: ManagedType, config: Values, planned: Values, values: Values, remote: Values) -> Values:
    """What was configured, as planned; all else as AWS has it, or as the handler or the plan set it."""
    equivalent = kind.handler.equivalent if kind.handler else {}

    def leaf(path: tuple[str, ...], spec: Block, value: Any, now: Any, made: Any, configured: Any) -> Any:
        if spec.get("write_only"):
            return None
        open_to_aws = spec.get("computed") or ".".join(path) in kind.computed
        ours = configured not in (None, ABSENT) or not open_to_aws or path[0] in ("tags_all", "region")
        if known(value) and (ours or now is ABSENT):
            return value
        found = _first((now, made))
        if known(value) and _alike(value, found, spec, equivalent.get(".".join(path))):
            return value
        return found

    def choose(path: tuple[str, ...], spec: Block, value: Any, now: Any, made: Any, configured: Any) -> Any:
        return _first((now, made)) if value is UNKNOWN else value

    return dict(walk(kind.block, leaf, planned, remote, values, config, choose=choose))


def _first(candidates: tuple[Any, ...]) -> Any:
    return next((each for each in candidates if each is not ABSENT and each is not None), None)


def _alike(stored: Any, now: Any, spec: Block, equal: Same | None) -> bool:
    """Whether AWS's value means what is stored."""
    if (empty(now) and empty(stored)) or same(now, stored, spec["type"]):
        return True
    return bool(equal and now is not None and stored is not None and equal(stored, now))


def _tags(kind: ManagedType, found: Values, state: Values, configuration: Configuration) -> None:
    """Split AWS's tags into ``tags_all`` and, without those that only default_tags brings, ``tags``."""
    if "tags_all" not in kind.block["attributes"] or "tags_all" not in found:
        return
    everything = configuration.kept_tags(found["tags_all"] or {})
    own, defaults = state.get("tags") or {}, configuration.default_tags
    found["tags_all"] = everything
    found["tags"] = {
        key: text for key, text in everything.items() if key in own or defaults.get(key, not text) != text
    }


def _stored_if_alike(
    kind: ManagedType, handler: ResourceHandler, found: Values, state: Values, imported: bool
) -> Values:
    """AWS's values, but the stored ones where they are equivalent or AWS returns none."""

    def leaf(path: tuple[str, ...], spec: Block, now: Any, stored: Any) -> Any:
        dotted = ".".join(path)
        old = None if stored is ABSENT else stored
        if spec.get("write_only"):
            return None
        if now is ABSENT or (imported and now is None):
            return handler.defaults.get(dotted) if imported and old is None else old
        if stored is ABSENT or (imported and empty(old)):
            return now
        return old if _alike(old, now, spec, handler.equivalent.get(dotted)) else now

    def choose(path: tuple[str, ...], spec: Block, now: Any, stored: Any) -> Any:
        return stored if now is ABSENT and stored is not ABSENT else now

    return dict(walk(kind.block, leaf, {**found}, state, choose=choose))
