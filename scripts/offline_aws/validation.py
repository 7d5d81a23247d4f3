"""Whether a configuration may be planned: what the schema alone does not refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from offline_aws import protocol
from offline_aws.diagnostics import steps
from offline_aws.handler_values import UNKNOWN, Check, Values
from offline_aws.resource import DataSourceHandler, ResourceHandler
from offline_aws.schema import Block
from offline_aws.values import Path, known, leaves

_DECIDED = (
    "Can't configure a value for {name!r}: its value will be decided automatically based on the result of "
    "applying this configuration."
)


def validate(block: Block, handler: ResourceHandler | DataSourceHandler | None, config: Values) -> list[Any]:
    """The diagnostics of a configuration (in which values may be unknown); [] when it is right.

    Args:
        block: The type's schema.
        handler: Its tables; None when the type has no handler, whose schema alone is then checked.
        config: As configured.
    """
    managed = not isinstance(handler, DataSourceHandler)
    found = [*_unconfigurable(block, config, managed), *_deprecated(block, config)]
    nulls = [*_null_elements(block, config)]
    if handler is None or nulls:  # no check has to know null elements
        return [*found, *nulls]
    found += _single_values(block, handler, config)
    found += _groups(block, handler, config)
    if all(item.severity == protocol.WARNING for item in found):
        # They take the values for right, so they only get those that are.
        found += [
            protocol.diagnostic(f"Invalid value for {path}: {message}", "", steps(path))
            for check in handler.checks
            for path, message in check(config)
        ]
    return found


def _unconfigurable(block: Block, config: Values, managed: bool) -> Iterator[Any]:
    for dotted, path, spec, value in leaves(block, config):
        if value is None or "type" not in spec:
            continue
        if not spec.get("required") and not spec.get("optional"):
            detail = _DECIDED.format(name=dotted)
            yield protocol.diagnostic("Value for unconfigurable attribute", detail, path)
        elif dotted == "id" and managed and spec.get("computed"):
            yield protocol.diagnostic("Invalid or unknown key", 'The attribute "id" is read only.', path)


def _deprecated(block: Block, config: Values) -> Iterator[Any]:
    for dotted, path, spec, value in leaves(block, config):
        if value not in (None, []) and (spec.get("deprecated") or spec.get("block", {}).get("deprecated")):
            detail = f"A later version of hashicorp/aws will not have {dotted}: see its documentation."
            yield protocol.diagnostic("Argument is deprecated", detail, path, warning=True)


def _null_elements(block: Block, config: Values) -> Iterator[Any]:
    """What the SDK refuses when it plans; Terraform validates once more then."""
    for _, path, spec, value in leaves(block, config):
        for place in _nulls(value, spec.get("type"), path):
            detail = "Null values are not allowed for this attribute value."
            yield protocol.diagnostic("Null value found in list", detail, place)


def _nulls(value: Any, kind: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, list) and isinstance(kind, list):
        for index, item in enumerate(value):
            place = (*path, index) if kind[0] == "list" else path
            yield from (place,) if item is None else _nulls(item, kind[1], place)
    elif isinstance(value, dict) and isinstance(kind, list):
        for key, item in value.items():
            yield from _nulls(item, kind[1][key] if kind[0] == "object" else kind[1], path)


def _single_values(
    block: Block, handler: ResourceHandler | DataSourceHandler, config: Values
) -> Iterator[Any]:
    for dotted, path, _, value in leaves(block, config):
        checks = handler.validators.get(dotted, ())
        if not checks or value is None or not known(value):
            continue
        sequence: Sequence[Check] = [checks] if callable(checks) else checks
        message = next(filter(None, (check(value) for check in sequence)), None)
        if message:
            yield protocol.diagnostic(f'"{dotted}" {message}', "", path)


def _groups(block: Block, handler: ResourceHandler | DataSourceHandler, config: Values) -> Iterator[Any]:
    generated: list[tuple[str, str]] = []
    if isinstance(handler, ResourceHandler) and handler.name and handler.name_prefix in block["attributes"]:
        generated = [(handler.name, handler.name_prefix)]
    for group in (*handler.conflicts, *generated):
        # What is not known yet may come to nothing.
        present = [name for name in group if _set(config, name) and config[name] is not UNKNOWN]
        if len(present) > 1:
            yield _refusal("Conflicting configuration arguments", present[0], f"conflicts with {present[1:]}")
    for group in handler.exactly_one_of:
        present = [name for name in group if _set(config, name)]
        if len(present) != 1 and not (len(present) > 1 and any(config[name] is UNKNOWN for name in present)):
            said = f"{present} were specified" if present else "none was specified"
            yield _refusal(
                "Invalid combination of arguments", group[0], f"one of {list(group)} must be: {said}"
            )
    for group in handler.at_least_one_of:
        if not any(_set(config, name) for name in group):
            yield _refusal("Missing required argument", group[0], f"one of {list(group)} must be specified")
    for name, others in handler.required_with.items():
        absent = [other for other in others if not _set(config, other)]
        if _set(config, name) and absent:
            yield _refusal("Missing required argument", name, f"{absent} must be specified with it")


def _refusal(summary: str, name: str, message: str) -> Any:
    return protocol.diagnostic(summary, f'"{name}": {message}', (name,))


def _set(config: Values, name: str) -> bool:
    value = config.get(name)
    return value is UNKNOWN or (value is not None and value != [])
