"""Validators of JSON Schemas (draft 2020-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presso.catalog.schemas import Schema
from presso.errors import UsageError

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator


def compiled(schema: Schema) -> Draft202012Validator:
    """A validator of a schema, formats included.

    Raises:
        UsageError: The schema is invalid.
    """
    from jsonschema_rs import Draft202012Validator

    try:
        return Draft202012Validator(schema, validate_formats=True)
    except ValueError as error:
        raise UsageError(
            f"Invalid JSON Schema in the catalog: {str(error).splitlines()[0]}.",
            hint="Find it with: presso catalog validate",
        ) from None
