"""Puts the schema document and the behaviour table together from what the readers found."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from offline_aws.derive import (
    cloudformation,
    corrections,
    derived_others,
    derived_types,
    ephemeral_types,
    list_types,
    pulumi,
    wheels,
)
from offline_aws.derive.cdktn import Binding
from offline_aws.derive.derived_others import Modules
from offline_aws.derive.derived_types import TypeNames

Schema = dict[str, Any]


def derive(folder: Path, texts: Mapping[str, str]) -> tuple[Schema, Schema]:
    """The schema and the behaviour table, from the wheels in ``folder`` and the bindings in one of them.

    The schema is what ``terraform providers schema -json`` prints for a configuration with this provider.
    The behaviour table has, for each resource type, ``replace`` (dotted paths whose change replaces) and
    ``computed_blocks`` (blocks that keep their value when the configuration leaves them out). ValueError
    when a package has something that no table here places.
    """
    modules = sorted(
        {names.pulumi for names in (*derived_types.RESOURCES.values(), *derived_types.DATA_SOURCES.values())}
    )
    facts = pulumi.read(wheels.wheel(folder, "pulumi"), modules)
    types = sorted({names.cloudformation for names in derived_types.RESOURCES.values()} - {""})
    create_only = cloudformation.create_only(wheels.wheel(folder, "cfn-lint"), types)

    provider = _binding(texts, "aws-provider").block()
    del provider["attributes"]["alias"]  # Terraform's own meta-argument
    stems = derived_others.stems(texts)

    def schema_of(name: str, names: TypeNames) -> Schema:
        return _type(name, _binding(texts, stems[name]), facts[names.pulumi])

    resources = {name: schema_of(name, names) for name, names in derived_types.RESOURCES.items()}
    data = {name: schema_of(f"data.{name}", names) for name, names in derived_types.DATA_SOURCES.items()}
    schema = {
        "provider": {"version": 0, "block": provider},
        "resource_schemas": resources,
        "data_source_schemas": data,
        "ephemeral_resource_schemas": ephemeral_types.schemas(),
        "list_resource_schemas": list_types.schemas(),
        "resource_identity_schemas": {
            name: found
            for name, names in derived_types.RESOURCES.items()
            if (found := identity(name, facts[names.pulumi], resources[name]["block"]))
        },
    }
    document = {"format_version": "1.0", "provider_schemas": {"registry.terraform.io/hashicorp/aws": schema}}
    return document, _behaviours(resources, facts, create_only)


def derive_others(folder: Path, texts: Mapping[str, str]) -> dict[str, Schema]:
    """Every other type of the published provider, by name; a data source's starts with ``data.``.

    Each has ``version``, ``block`` and, where there are any, ``computed_blocks`` and ``identity``.
    """
    handled = {*derived_types.RESOURCES, *(f"data.{name}" for name in derived_types.DATA_SOURCES)}
    stems = {name: stem for name, stem in derived_others.stems(texts).items() if name not in handled}
    wheel = wheels.wheel(folder, "pulumi")
    facts = pulumi.read(wheel, pulumi.names(wheel))
    queries = {name: found for name, found in facts.items() if name.rpartition(".")[2].startswith("get_")}
    resources = Modules({name: found for name, found in facts.items() if name not in queries})
    data_sources = Modules(queries)
    found = {}
    for name, block in sorted(derived_others.blocks(texts, stems).items()):
        module = (data_sources if name.startswith("data.") else resources).match(name, block)
        known = facts.get(module, pulumi.ModuleFacts(frozenset(), frozenset()))
        complete(name, block, known)
        found[name] = {"version": 0, "block": block}
        always = {
            member for member in block.get("block_types", {}) if known.always & derived_others.plurals(member)
        }
        if kept := _computed_blocks(block, always):
            found[name]["computed_blocks"] = kept
        if named := identity(name, known, block):
            found[name]["identity"] = named
    return found


def _binding(texts: Mapping[str, str], stem: str) -> Binding:
    return Binding(texts[f"{stem}.js"], texts[f"{stem}.d.ts"])


def _type(name: str, binding: Binding, facts: pulumi.ModuleFacts) -> Schema:
    block = binding.block()
    complete(name, block, facts)
    return {"version": corrections.VERSIONS.get(name, 0), "block": block}


def complete(name: str, block: Schema, facts: pulumi.ModuleFacts) -> None:
    """Add facts of Pulumi and the corrections in place; a data source's ``name`` starts with ``data.``."""
    for attribute, spec in block["attributes"].items():
        if spec.get("optional") and (attribute in facts.always or attribute in ("id", "region", "tags_all")):
            spec["computed"] = True
        if attribute in facts.secret:
            spec["sensitive"] = True
        if attribute.endswith("_wo") and f"{attribute}_version" in block["attributes"]:
            spec["write_only"] = True
    for attribute in corrections.OPTIONAL_ONLY.get(name, ()):
        del block["attributes"][attribute]["computed"]
    _deprecate(name, block, facts)
    for path in corrections.SENSITIVE.get(name, ()):
        _attribute(block, path)["sensitive"] = True
    for path in corrections.OPTIONAL_AND_COMPUTED.get(name, ()):
        _attribute(block, path)["computed"] = True
    for path, (least, most) in corrections.LIMITS.get(name, {}).items():
        nested = _block(block, path)
        nested.update(
            {key: value for key, value in (("min_items", least), ("max_items", most)) if value is not None}
        )


def _deprecate(name: str, block: Schema, facts: pulumi.ModuleFacts) -> None:
    def deprecated(member: str) -> bool:
        return member in facts.deprecated or f"{member}s" in facts.deprecated

    for attribute, spec in block["attributes"].items():
        if deprecated(attribute):
            spec["deprecated"] = True
    for member, nested in block.get("block_types", {}).items():
        if deprecated(member):
            nested["block"]["deprecated"] = True
    for path in corrections.DEPRECATED.get(name, ()):
        parent, _, last = path.rpartition(".")
        owner = _block(block, parent)["block"]
        (owner["attributes"].get(last) or owner["block_types"][last]["block"])["deprecated"] = True


def identity(name: str, facts: pulumi.ModuleFacts, block: Schema) -> Schema:
    """The schema of a type's resource identity; {} when it has none.

    Its attributes have the types that they have in the block; those that are not there are texts.
    """
    attributes = {**facts.identity, **corrections.IDENTITIES.get(name, {})}
    schemas = {
        attribute: {
            "type": block["attributes"].get(attribute, {}).get("type", "string"),
            "required_for_import" if needed else "optional_for_import": True,
        }
        for attribute, needed in sorted(attributes.items())
    }
    version = int(name in corrections.SECOND_IDENTITIES)
    return {"version": version, "attributes": schemas} if schemas else {}


def _behaviours(
    resources: dict[str, Schema], facts: dict[str, pulumi.ModuleFacts], create_only: dict[str, list[str]]
) -> dict[str, Schema]:
    return {
        name: _behaviour(
            name, resources[name]["block"], facts[names.pulumi], create_only.get(names.cloudformation, [])
        )
        for name, names in derived_types.RESOURCES.items()
    }


def _behaviour(name: str, block: Schema, facts: pulumi.ModuleFacts, create_only: list[str]) -> Schema:
    renamed = corrections.RENAMED.get(name, {})
    replace = {renamed.get(path, path) for path in create_only} | set(corrections.REPLACE.get(name, ()))
    if "name" in replace and "name_prefix" in block["attributes"]:
        replace.add("name_prefix")
    if "region" in block["attributes"]:
        replace.add("region")
    replace -= set(corrections.UPDATED.get(name, ()))
    for path in replace:
        _exists(name, block, path)
    # By the exact name: the handlers do themselves what they need of blocks that Pulumi has in the plural.
    return {"computed_blocks": _computed_blocks(block, facts.always), "replace": sorted(replace)}


def _computed_blocks(block: Schema, always: Container[str]) -> list[str]:
    blocks = block.get("block_types", {}).items()
    return sorted(name for name, nested in blocks if name in always and "min_items" not in nested)


def _exists(name: str, block: Schema, path: str) -> None:
    owner = _block(block, path.rpartition(".")[0])["block"] if "." in path else block
    last = path.rpartition(".")[2]
    if last not in owner["attributes"] and last not in owner.get("block_types", {}):
        raise ValueError(f"{name} has no {path}: name it in corrections.RENAMED")


def _block(block: Schema, path: str) -> Schema:
    nested: Schema = {"block": block}
    for part in _parts(path):
        nested = nested["block"]["block_types"][part]
    return nested


def _attribute(block: Schema, path: str) -> Schema:
    *parents, last = _parts(path)
    spec: Schema = _block(block, ".".join(parents))["block"]["attributes"][last]
    return spec


def _parts(path: str) -> Iterable[str]:
    return path.split(".") if path else []
