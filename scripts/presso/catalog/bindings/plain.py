"""A schema for code generators: only the parts that determine the type of a value."""

from __future__ import annotations

from typing import Any


def without_formats(schema: Any) -> Any:
    """The schema without formats, for a text stays a text in any form.

    Patterns of property names are removed, since they do not constrain other names; so are positions of a
    list.
    """
    if isinstance(schema, list):
        return [without_formats(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: without_formats(value) for key, value in schema.items()}
    if isinstance(schema.get("format"), str):
        del made["format"]
    if "properties" not in schema:
        made.pop("patternProperties", None)
    if isinstance(schema.get("prefixItems"), list):
        made = {key: value for key, value in made.items() if key not in ("prefixItems", "items")}
    return made
