"""Enumerations of AWS's APIs, from botocore's service models, as the published provider's from its SDK."""

from __future__ import annotations

from functools import cache
from typing import Any

from offline_aws.clients import session
from offline_aws.resource import Check


@cache
def members(service: str, shape: str) -> tuple[str, ...]:
    """The values of an enumeration, e.g. ``members("lambda", "Runtime")``."""
    return tuple(session().get_service_model(service).shape_for(shape).enum)


def enum(service: str, shape: str) -> Check:
    """One of the API's values; the model is read when a value is first checked."""

    def check(value: Any) -> str | None:
        allowed = members(service, shape)
        return None if value in allowed else f"expected {shape} to be one of {list(allowed)}, got {value}"

    return check
