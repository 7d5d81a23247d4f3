"""The providers' schemas, as ``terraform providers schema -json`` prints them.

``schema/aws.json`` (derived, see ``derive``) and ``schema/archive.json`` each hold exactly what that
command prints for a configuration that uses this provider alone::

    {"format_version": "1.0",
     "provider_schemas": {"registry.terraform.io/hashicorp/aws": {
       "provider": {"version": 0, "block": BLOCK},
       "resource_schemas": {"aws_sqs_queue": {"version": 0, "block": BLOCK}, …},
       "data_source_schemas": {…},
       "ephemeral_resource_schemas": {…},
       "list_resource_schemas": {…},
       "resource_identity_schemas": {"aws_sqs_queue": {"version": 0, "attributes": {
         name: {"type": "string", "required_for_import" | "optional_for_import": true}}}, …}}}}

    BLOCK: {"attributes": {name: {"type": "string" | ["set", "string"] | ["object", {…}] | …,
              "required" | "optional" | "computed" | "sensitive" | "write_only" | "deprecated": true,
              "description": …, "description_kind": "plain" | "markdown"}},
            "block_types": {name: {"nesting_mode": "list" | "set" | "single" | "map" | "group",
              "min_items": 1, "max_items": 1, "block": BLOCK}},
            "description_kind": …, "deprecated": true}

``false``, zero and empty members are left out, as Terraform does. ``timeouts`` is a single block;
per-resource ``region`` an optional and computed string. Where Terraform would print an empty member it may
be left out.

``aws.json`` has the types with a handler; ``other_types`` the others of the published provider.

``schema/aws-behaviour.json`` (derived too, may be absent) adds per resource type what a schema cannot
express: ``replace`` (dotted paths whose change replaces) and ``computed_blocks`` (blocks that keep what AWS
has when they are not configured); a handler may add to the latter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from offline_aws import other_types

FOLDER = Path(__file__).parent / "schema"

VERSIONS = {
    "archive": "2.7.1",
    "aws": "6.62.0",
    "cloudinit": "2.3.7",
    "external": "2.3.5",
    "http": "3.5.0",
    "local": "2.6.1",
    "null": "3.2.4",
    "random": "3.7.2",
    "time": "0.13.1",
    "tls": "4.1.0",
}
"""The published releases that the schemas are of; the mirror offers them under these versions."""

Block = dict[str, Any]

# The block ``provider_meta`` of a module; no command prints its schema.
# internal/provider/sdkv2/provider.go, since 6.27.0. This provider has no use for it.
META: dict[str, Block] = {
    "aws": {"attributes": {"user_agent": {"type": ["list", "string"], "optional": True}}}
}


@dataclass(frozen=True, eq=False)
class ProviderSchema:
    """One provider's schema.

    Attributes:
        name: ``aws`` or ``archive``.
        provider: Block of the provider's own configuration.
        resources: Type -> its schema (``{"version": …, "block": …}``), of those with a handler.
        data_sources: Likewise.
        behaviour: Resource type -> ``{"replace": […], "computed_blocks": […]}``.
        meta: The block ``provider_meta`` of a module; None: there is none.
        ephemeral: As ``resources``, of ephemeral resources.
        lists: As ``resources``, of the configurations of list resources.
        identities: Resource type -> the schema of its identity, of those with a handler that have one.
    """

    name: str
    provider: Block
    resources: dict[str, dict[str, Any]]
    data_sources: dict[str, dict[str, Any]]
    behaviour: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    meta: Block | None = None
    ephemeral: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)

    def resource(self, name: str) -> Mapping[str, Any]:
        """The schema of a managed type, with a handler or without.

        Raises:
            KeyError: The published provider has no such type.
        """
        return self.resources.get(name) or other_types.found(name)

    def identity(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a managed type's identity, likewise; None when it has none."""
        if name in self.resources:
            return self.identities.get(name)
        return other_types.found(name).get("identity")

    def data_source(self, name: str) -> Mapping[str, Any]:
        """The schema of a data source, likewise."""
        return self.data_sources.get(name) or other_types.found(f"data.{name}")

    def computed_blocks(self, name: str) -> Sequence[str]:
        """The blocks of a managed type that keep what AWS has when they are not configured."""
        if name in self.resources:
            return self.behaviour.get(name, {}).get("computed_blocks", ())
        found: Sequence[str] = other_types.found(name).get("computed_blocks", ())
        return found


@cache
def load(name: str, folder: Path = FOLDER) -> ProviderSchema:
    """The schema of provider ``name``, read once per process.

    Raises:
        FileNotFoundError: There is no schema file of that provider.
    """
    (found,) = json.loads((folder / f"{name}.json").read_text())["provider_schemas"].values()
    behaviour = folder / f"{name}-behaviour.json"
    return ProviderSchema(
        name=name,
        provider=found["provider"]["block"],
        resources=found.get("resource_schemas", {}),
        data_sources=found.get("data_source_schemas", {}),
        ephemeral=found.get("ephemeral_resource_schemas", {}),
        lists=found.get("list_resource_schemas", {}),
        identities=found.get("resource_identity_schemas", {}),
        behaviour=json.loads(behaviour.read_text()) if behaviour.exists() else {},
        meta=META.get(name),
    )
