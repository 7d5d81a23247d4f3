"""Answers of the bar's API, compared with its document."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "modules/core/functions/openapi.json").read_text("utf-8")
)
# Each operation by its route, such as `PUT /orders/{id}`.
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def route_of(request: str) -> str:
    """The operation of a request such as `GET /orders/17?eventId=nyc`."""
    path = request.partition("?")[0].split("/")
    (route,) = (
        route
        for route in OPERATIONS
        if len(parts := route.split("/")) == len(path)
        and all(part.startswith("{") or part == sent for part, sent in zip(parts, path, strict=True))
    )
    return route


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        found: Any = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


@cache
def answers(route: str, status: int) -> tuple[str, Any]:
    """The content type of an answer, and a validator of its content."""
    described = resolved(OPERATIONS[route]["responses"][str(status)])
    ((kind, content),) = described["content"].items()
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    return kind, jsonschema_rs.validator_for(schema, validate_formats=True)


def check_answer(route: str, status: int, kind: str, content: Any) -> None:
    """Require that an answer is one that the document describes."""
    described, validator = answers(route, status)
    assert kind == described
    validator.validate(content)
