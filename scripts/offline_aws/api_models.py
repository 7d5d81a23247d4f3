"""Structures and enumerations of AWS's APIs: of botocore's models what handlers use, in one small file.

botocore reads the whole model of a service, and importing botocore takes longer than most plans. What the
file lacks is read from there; `api_models_file` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "schema" / "api-models.json"
Shapes = dict[str, dict[str, Any]]


class ApiShape:
    """A shape of a model, with what `botocore.model` has of it under the same names.

    Args:
        name: Its name in the model.
        shapes: The model's shapes.
    """

    def __init__(self, name: str, shapes: Shapes) -> None:
        self.name = name
        self._shapes = shapes
        self.type_name: str = shapes[name]["type"]
        self.enum: list[str] = shapes[name].get("enum", [])

    @cached_property
    def members(self) -> dict[str, ApiShape]:
        """The members of a structure, by name."""
        members = self._shapes[self.name].get("members", {})
        return {member: ApiShape(shape, self._shapes) for member, shape in members.items()}

    @property
    def member(self) -> ApiShape:
        """What a list is of."""
        return ApiShape(self._shapes[self.name]["member"], self._shapes)


def shape(service: str, name: str) -> ApiShape:
    """Return a shape of a service's API.

    Args:
        service: As botocore names it.
        name: The shape's name in its model.
    """
    shapes = _kept().get(service, {})
    return ApiShape(name, shapes if name in shapes else reached(service, [name]))


@cache
def _kept() -> dict[str, Shapes]:
    found: dict[str, Shapes] = json.loads(FILE.read_bytes()) if FILE.is_file() else {}
    return found


def reached(service: str, names: Iterable[str]) -> Shapes:
    """The shapes of these names and those inside them, by name, from botocore."""
    from offline_aws.clients import session

    model = session().get_service_model(service)
    found: Shapes = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _plain(model.shape_for(name))
            inside = [*found[name].get("members", {}).values(), found[name].get("member")]
            waiting += filter(None, inside)
    return found


def _plain(one: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": one.type_name}
    if one.type_name == "structure":
        plain["members"] = {name: member.name for name, member in one.members.items()}
    elif one.type_name == "list":
        plain["member"] = one.member.name
    elif values := getattr(one, "enum", None):
        plain["enum"] = list(values)
    return plain
