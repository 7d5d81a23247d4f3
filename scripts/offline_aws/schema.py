"""The providers' schemas, as ``terraform providers schema -json`` prints them.

``schema/aws.json`` (derived, see ``derive``) and ``schema/archive.json`` each hold exactly what that
command prints for a configuration that uses this provider alone::

    {"format_version": "1.0",
     "provider_schemas": {"registry.terraform.io/hashicorp/aws": {
       "provider": {"version": 0, "block": BLOCK},
       "resource_schemas": {"aws_sqs_queue": {"version": 0, "block": BLOCK}, …},
       "data_source_schemas": {…}}}}

    BLOCK: {"attributes": {name: {"type": "string" | ["set", "string"] | ["object", {…}] | …,
              "required" | "optional" | "computed" | "sensitive" | "write_only" | "deprecated": true,
              "description": …, "description_kind": "plain" | "markdown"}},
            "block_types": {name: {"nesting_mode": "list" | "set" | "single" | "map" | "group",
              "min_items": 1, "max_items": 1, "block": BLOCK}},
            "description_kind": …, "deprecated": true}

``false``, zero and empty members are left out, as Terraform does. ``timeouts`` is a single block;
per-resource ``region`` an optional and computed string. A file may also be stored gzipped (``aws.json.gz``).
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "schema"

VERSIONS = {"aws": "6.62.0", "archive": "2.7.1"}
"""The published releases that the schemas are of; the mirror offers them under these versions."""

Block = dict[str, Any]


@dataclass(frozen=True)
class ProviderSchema:
    """One provider's schema.

    Attributes:
        name: ``aws`` or ``archive``.
        provider: Block of the provider's own configuration.
        resources: Type -> its schema (``{"version": …, "block": …}``).
        data_sources: Likewise.
    """

    name: str
    provider: Block
    resources: dict[str, dict[str, Any]]
    data_sources: dict[str, dict[str, Any]]


def parse(name: str, document: dict[str, Any]) -> ProviderSchema:
    """The schema of provider ``name`` in a document as described above."""
    (found,) = document["provider_schemas"].values()
    return ProviderSchema(
        name=name,
        provider=found["provider"]["block"],
        resources=found.get("resource_schemas", {}),
        data_sources=found.get("data_source_schemas", {}),
    )


@cache
def load(name: str, folder: Path = FOLDER) -> ProviderSchema:
    """The schema of provider ``name``, read once per process.

    Raises:
        FileNotFoundError: There is no schema file of that provider.
    """
    packed = folder / f"{name}.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / f"{name}.json").read_bytes()
    return parse(name, json.loads(text))
