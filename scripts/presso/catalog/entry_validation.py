"""What is wrong with the catalog's own entries."""

from __future__ import annotations

from presso.catalog.events import Catalog, CatalogEvent
from presso.catalog.validation import Checker


def entry_faults(catalog: Catalog, event: CatalogEvent) -> list[str]:
    """What is wrong with an event's own entry in the catalog."""
    from jsonschema_rs import Draft202012Validator

    where = f"{event.file}: {event.name}"
    try:
        Draft202012Validator(event.schema)
    except ValueError as error:
        path = ".".join(map(str, getattr(error, "instance_path", ())))
        return [f"{where}: {path or 'detail'}: is not a valid JSON Schema: {str(error).splitlines()[0]}"]
    undescribed = [field.path for field in event.fields if not field.description]
    found = [f"{where}: detail.{path}: has no description" for path in undescribed]
    if not event.examples:
        found.append(f"{where}: has no example")
    checker = Checker(catalog)
    for example, sample in zip(event.examples, event.samples(), strict=True):
        found += [f"{where}: example {example.title!r}: {fault}" for fault in checker.check(sample)]
    return found
