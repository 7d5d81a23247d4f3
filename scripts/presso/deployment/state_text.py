"""Terraform's states as text."""

import json
from typing import Any


def parsed(text: str | bytes) -> dict[str, Any]:
    """Return a state's content.

    Raises:
        ValueError: The text is not a state, or truncated.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("resources"), list):
        raise ValueError("a state has a list of resources")
    return document


def managed(text: str | bytes) -> int:
    """Return how many managed resource instances a state holds.

    Raises:
        ValueError: The text is not a state.
    """
    return sum(1 for _ in instances(text))


def instances(text: str | bytes) -> list[tuple[str, dict[str, Any]]]:
    """Return the managed resource instances of a state, each with its type.

    Raises:
        ValueError: The text is not a state.
    """
    try:
        return [
            (resource.get("type", ""), instance)
            for resource in parsed(text)["resources"]
            if resource["mode"] == "managed"
            for instance in resource["instances"]
        ]
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"a resource of the state lacks {error}") from error
