"""Enumerations of AWS's APIs, from botocore's service models, as the published provider's from its SDK."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from offline_aws import api_models
from offline_aws.handler_values import Check


@cache
def members(service: str, shape: str) -> tuple[str, ...]:
    """The values of an enumeration, e.g. ``members("lambda", "Runtime")``."""
    return tuple(api_models.shape(service, shape).enum)


@dataclass(frozen=True)
class Enum:
    """See ``enum``."""

    service: str
    shape: str

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values."""
        return members(self.service, self.shape)

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value, if anything."""
        if value in self.allowed:
            return None
        return f"expected {self.shape} to be one of {list(self.allowed)}, got {value}"


def enum(service: str, shape: str) -> Check:
    """One of the API's values; the model is read when a value is first checked."""
    return Enum(service, shape)
