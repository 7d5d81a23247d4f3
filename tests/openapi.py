"""OpenAPI documents."""

from __future__ import annotations

from typing import Any


def complaints(document: dict[str, Any]) -> list[str]:
    """What is wrong with a document of OpenAPI 3.0."""
    # As long to import as a tenth of all tests are to collect.
    from openapi_spec_validator import OpenAPIV30SpecValidator

    return [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]
