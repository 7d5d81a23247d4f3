"""The published provider's types without a handler: found in the bindings, matched with Pulumi's modules.

They are not listed: a type's module in pulumi_aws is the one whose name and properties are the most alike.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from offline_aws.derive.cdktn import Binding
from offline_aws.derive.pulumi import ModuleFacts

Schema = dict[str, Any]

_TYPE = re.compile(r'^[^\n]*\.tfResourceType = "(\w+)";$', re.M)
_NAMED = 0.3  # what a name that is the same adds to a likeness
_ALIKE = 0.7  # with it every type of derived_types.py gets the module that is written there

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
"""Statements of a web ACL that are not within another: internal/service/wafv2/schemas.go."""


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
    found = {
        name: Binding(texts[f"{stem}.js"], texts[f"{stem}.d.ts"]).block() for name, stem in types.items()
    }
    for name, attribute in LEFT_OUT.items():
        if name in found:
            del found[name]["attributes"][attribute]
    if statement := found.get("aws_wafv2_web_acl_rule", {}).get("block_types", {}).get("statement"):
        for nested in statement["block"]["block_types"].values():
            _without(OUTERMOST, nested["block"])
        _closed(statement["block"])
    for name, (outer, inner, other) in SAME.items():
        if name in found and other in found:
            block = found[name]["block_types"][outer]["block"]
            del block["attributes"][inner]
            block["block_types"][inner] = {
                **found[other]["block_types"][inner],
                "min_items": 1,
                "max_items": 1,
            }
    return found


def _without(names: set[str], block: Schema) -> None:
    """Remove nested blocks of these names at every depth."""
    nested = block.get("block_types", {})
    for name in names & nested.keys():
        del nested[name]
    for spec in nested.values():
        _without(names, spec["block"])


def _closed(block: Schema) -> None:
    """Remove statements about others where those would be too deep."""
    nested = block.get("block_types", {})
    for name in ("and_statement", "not_statement", "or_statement"):
        if name in nested and "statement" not in nested[name]["block"].get("block_types", {}):
            del nested[name]
    for spec in nested.values():
        _closed(spec["block"])


class Modules:
    """Pulumi's modules of resources, or of data sources, in which that of a type is found.

    Args:
        facts: Each module (``sqs.queue``) and what it has.
    """

    def __init__(self, facts: Mapping[str, ModuleFacts]) -> None:
        self._sizes = {module: len(found.outputs - {"id"}) for module, found in facts.items()}
        self._words = {module: set(re.split(r"[._]", module.replace("get_", ""))) for module in facts}
        self._with: dict[str, list[str]] = {}
        for module, found in sorted(facts.items()):
            for output in found.outputs:
                self._with.setdefault(output, []).append(module)

    def match(self, name: str, block: Schema) -> str:
        """The module of a type (``data.aws_vpc``); "" when none is alike enough."""
        words = set(name.removeprefix("data.").removeprefix("aws_").split("_"))
        members = {*block["attributes"], *block.get("block_types", {})} - {"id", "timeouts"}
        common = Counter(
            module
            for member in members
            for module in {found for spelt in plurals(member) for found in self._with.get(spelt, ())}
        )

        def likeness(module: str) -> float:
            least = len(members) + self._sizes[module] - common[module]
            return common[module] / least + _NAMED * len(words & self._words[module]) / len(
                words | self._words[module]
            )

        # Most have so little in common that no name would make them alike enough.
        candidates = (it for it, count in common.items() if count / len(members) + _NAMED >= _ALIKE)
        best = max(sorted(candidates), key=likeness, default="")
        return best if best and likeness(best) >= _ALIKE else ""


def plurals(name: str) -> set[str]:
    """What Pulumi may call a member: it has lists in the plural."""
    found = {name, f"{name}s", f"{name}es"}
    return found | ({f"{name[:-1]}ies"} if name.endswith("y") else set())
