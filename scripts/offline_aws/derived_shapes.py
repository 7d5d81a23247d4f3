"""Shapes from what Terraform and AWS publish: the schema of a type and the model of an API."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from offline_aws import api_models, schema
from offline_aws.enums import enum
from offline_aws.handler_values import Check, tag_list, tag_map
from offline_aws.shapes import ConvertedMember, Member, Nested, Shape
from offline_aws.validators import each

_ENGINES = {"id", "region", "tags", "tags_all"}
_PAIRS = ({"Key", "Value"}, {"Name", "Value"}, {"TagKey", "TagValue"})


class Derived(Mapping[str, Member]):
    """The shape of a type, or of a block in it, as a structure of an API has it.

    An attribute belongs to the structure's member of the same name; underscores, letter case and the plural
    do not count. One without such a member is left out, and so are the id, region and tags of the type. A
    map is a list of pairs where the API has those, a bool ENABLED or DISABLED. Schema and model are read when
    the shape is first used.

    Args:
        of: The type, such as `aws_pipes_pipe` or `data.aws_sqs_queue`; after a dot the path of a block in it.
        service: As botocore names it.
        structure: The name of the structure in its model, such as `CreatePipeRequest`.
        only: The attributes and blocks that are wanted, if not all.
        without: Paths of attributes and blocks that are not wanted.
        keys: The API's keys for paths of attributes and blocks that have other names there.
    """

    def __init__(
        self,
        of: str,
        service: str,
        structure: str,
        *,
        only: Collection[str] = (),
        without: Collection[str] = (),
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._of = of
        self.service = service
        self.structure = structure
        self._only = only
        self._without = without
        self._keys = keys or {}
        self._inside = "".join(f"{step}." for step in of.removeprefix("data.").split(".")[1:])
        self._enumerations: dict[str, Check] = {}

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def enumerations(self) -> dict[str, Check]:
        """The checks of attributes that are one or several of the API's values, by path in the type."""
        depth = self._inside.count(".")
        wanted = self._members
        return {path: one for path, one in self._enumerations.items() if path.split(".")[depth] in wanted}

    @cached_property
    def _members(self) -> Shape:
        name, *path = self._of.removeprefix("data.").split(".")
        known = schema.load("aws")
        types = known.data_sources if self._of.startswith("data.") else known.resources
        block = types[name]["block"]
        for step in path:
            block = block["block_types"][step]["block"]
        structure = api_models.shape(self.service, self.structure)
        found = self._shape(block, structure, self._inside)
        kept = self._only or (found.keys() if path else found.keys() - _ENGINES)
        return {name: member for name, member in found.items() if name in kept}

    def _shape(self, block: schema.Block, structure: Any, path: str) -> dict[str, Member]:
        blocks = {name: nested["block"] for name, nested in block.get("block_types", {}).items()}
        specs = block.get("attributes", {})
        kinds = {name: spec["type"] for name, spec in specs.items()}
        for name, kind in kinds.items():
            if isinstance(kind, list) and isinstance(kind[1], list) and kind[1][0] == "object":
                blocks[name] = _object(kind[1][1])
        found = {}
        for name in sorted(kinds.keys() | blocks.keys()):
            inside = (path + name).removeprefix(self._inside)
            key = self._keys.get(inside) or _same(name, structure.members)
            if key is None or inside in self._without:
                continue
            member = structure
            for step in key.split("."):
                member = member.members[step]
            made = (
                self._nested(blocks[name], key, member, f"{path}{name}.")
                if name in blocks
                else _attribute(kinds[name], key, member)
            )
            if made:
                found[name] = made
            values = member.member if member.type_name == "list" else member
            if isinstance(made, str) and getattr(values, "enum", None) and _is_argument(specs[name]):
                one = enum(self.service, values.name)
                self._enumerations[path + name] = one if values is member else each(one)
        return found

    def _nested(self, block: schema.Block, key: str, member: Any, path: str) -> Nested | None:
        repeated = member.type_name == "list"
        inner = member.member if repeated else member
        if inner.type_name != "structure":
            return None
        return Nested(key, self._shape(block, inner, path), repeated)


class Checks(Mapping[str, Check | Sequence[Check]]):
    """A type's validators: `own` ones, and the API's enumerations for the other attributes of its shapes."""

    def __init__(self, shapes: Iterable[Derived], own: Mapping[str, Check | Sequence[Check]]) -> None:
        self._shapes = shapes
        self._own = own

    def __getitem__(self, path: str) -> Check | Sequence[Check]:
        return self._all[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @cached_property
    def _all(self) -> dict[str, Check | Sequence[Check]]:
        found: dict[str, Check | Sequence[Check]] = {}
        for shape in self._shapes:
            found |= shape.enumerations
        return {**found, **self._own}


def _is_argument(spec: schema.Block) -> bool:
    return bool(spec.get("required") or spec.get("optional"))


def _object(kinds: dict[str, Any]) -> schema.Block:
    return {"attributes": {name: {"type": kind} for name, kind in kinds.items()}}


def _same(name: str, members: Mapping[str, Any]) -> str | None:
    plain = {member.lower(): member for member in members}
    word = name.replace("_", "")
    several = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return plain.get(word) or plain.get(several) or plain.get(word.removesuffix("s"))


def _attribute(kind: Any, key: str, member: Any) -> Member | None:
    outer = kind[0] if isinstance(kind, list) else kind
    if outer == "bool" and set(getattr(member, "enum", ())) == {"DISABLED", "ENABLED"}:
        return ConvertedMember(
            key, lambda on: "ENABLED" if on else "DISABLED", lambda text: text == "ENABLED"
        )
    if outer == "map" and member.type_name == "list" and member.member.type_name == "structure":
        pair = sorted(member.member.members)
        if set(pair) in _PAIRS:
            form = {"key": pair[0], "value": pair[1]}
            return ConvertedMember(key, partial(tag_list, **form), partial(tag_map, **form))
        return None
    wanted = {"list": "list", "set": "list", "map": "map"}.get(outer)
    return key if wanted == member.type_name or not (wanted or member.type_name in _COMPOUND) else None


_COMPOUND = {"list", "map", "structure"}
