"""The types of the published provider that have no handler: found in the bindings, matched with Pulumi's modules.

Nobody names them one by one: a type's module in pulumi_aws is the one whose properties are the most alike.
"""

import re
from collections.abc import Mapping
from typing import Any

from offline_aws.derive.cdktn import Binding
from offline_aws.derive.pulumi import ModuleFacts

Schema = dict[str, Any]

_TYPE = re.compile(r'^[^\n]*\.tfResourceType = "(\w+)";$', re.M)
_NAMED = 0.3  # what a name that is the same adds to a likeness
_ALIKE = 0.75  # all types of derived_types.py, matched by hand, are above

LEFT_OUT = {
    "data.aws_quicksight_analysis": "definition",
    "aws_quicksight_analysis": "definition",
    "aws_quicksight_dashboard": "definition",
    "aws_quicksight_template": "definition",
}
"""What the bindings have without a structure, so that it cannot be derived."""

SAME = {
    "aws_wafv2_rule_group": ("rule", "statement", "aws_wafv2_web_acl_rule"),
    "aws_wafv2_web_acl": ("rule", "statement", "aws_wafv2_web_acl_rule"),
}
"""Blocks that the bindings have without a structure, but another type has: block, its member, that type."""

OUTERMOST = {"managed_rule_group_statement", "rate_based_statement", "rule_group_reference_statement"}
"""Blocks that are not within a block like the one that they are in: internal/service/wafv2/schemas.go."""


def stems(texts: Mapping[str, str]) -> dict[str, str]:
    """Every type to the name of its files without an ending; that of a data source starts with ``data.``."""
    found = {}
    for file, text in texts.items():
        stem = file.removesuffix(".js")
        if stem != file and stem.startswith(("aws-", "data-aws-")) and (named := _TYPE.search(text)):
            found["data." * stem.startswith("data-") + named[1]] = stem
    return found


def blocks(texts: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Schema]:
    """The blocks of types, from the bindings."""
    found = {name: Binding(texts[f"{stem}.js"], texts[f"{stem}.d.ts"]).block() for name, stem in types.items()}
    for name, attribute in LEFT_OUT.items():
        if name in found:
            del found[name]["attributes"][attribute]
    if statement := found.get("aws_wafv2_web_acl_rule", {}).get("block_types", {}).get("statement"):
        for nested in statement["block"]["block_types"].values():
            _without(OUTERMOST, nested["block"])
    for name, (outer, inner, other) in SAME.items():
        if name in found and other in found:
            block = found[name]["block_types"][outer]["block"]
            del block["attributes"][inner]
            block["block_types"][inner] = {**found[other]["block_types"][inner], "min_items": 1, "max_items": 1}
    return found


def _without(names: set[str], block: Schema) -> None:
    """Remove nested blocks of these names at every depth."""
    nested = block.get("block_types", {})
    for name in names & nested.keys():
        del nested[name]
    for spec in nested.values():
        _without(names, spec["block"])


def match(name: str, block: Schema, modules: Mapping[str, ModuleFacts]) -> str:
    """The module (``sqs.queue``) that is of a type; "" when none is alike enough.

    Args:
        name: The type; that of a data source starts with ``data.``.
        block: Its block.
        modules: Those of resources or those of data sources.
    """
    words = set(name.removeprefix("data.").removeprefix("aws_").split("_"))
    members = {*block["attributes"], *block.get("block_types", {})} - {"id", "timeouts"}
    spellings = [plurals(member) for member in members]
    scores = ((_likeness(words, spellings, key, facts.outputs - {"id"}), key) for key, facts in modules.items())
    best, module = max(scores)
    return module if best >= _ALIKE else ""


def _likeness(words: set[str], members: list[set[str]], module: str, properties: frozenset[str]) -> float:
    common = sum(1 for spellings in members if not properties.isdisjoint(spellings))
    most = len(members) + len(properties) - common
    named = len(words & set(re.split(r"[._]", module.replace("get_", "")))) / len(words)
    return (common / most if most else 1.0) + _NAMED * named


def plurals(name: str) -> set[str]:
    """What Pulumi may call a member: it has lists in the plural."""
    found = {name, f"{name}s", f"{name}es"}
    return found | ({f"{name[:-1]}ies"} if name.endswith("y") else set())
