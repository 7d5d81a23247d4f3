"""Validators of JSON Schemas (draft 2020-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_patterns.schemas import Schema
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
        raise invalid(error) from None


def invalid(error: ValueError) -> UsageError:
    """The error for a schema of the catalog that jsonschema-rs rejects."""
    return UsageError(
        f"Invalid JSON Schema in the catalog: {str(error).splitlines()[0]}.",
        hint="Find it with: presso catalog validate",
    )
