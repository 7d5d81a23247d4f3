"""The planned changes for Terraform: the semantics of the published provider's SDK."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import UNKNOWN, Values
from offline_aws.identities import IdentitySchema
from offline_aws.resource import Plan, ResourceHandler
from offline_aws.schema import Block
from offline_aws.values import ABSENT, at, block_type, empty, known, nested_type, same, walk


@dataclass(frozen=True)
class ManagedType:
    """A managed resource type: its schema and its handler's tables with the derived ones added.

    Attributes:
        name: ``aws_sqs_queue``.
        block: Its schema.
        handler: None when there is none: it then plans by its schema alone.
        replace: Paths whose change replaces.
        computed: Blocks and optional attributes that keep what AWS has when not configured.
        identity: The schema of its identity; None when it has none.
    """

    name: str
    block: Block
    handler: ResourceHandler | None
    replace: frozenset[str]
    computed: frozenset[str]
    identity: IdentitySchema | None = None

    def spec(self, name: str) -> Block:
        """The schema of a top-level attribute or block."""
        found: Block = self.block.get("attributes", {}).get(name) or self.block["block_types"][name]
        return found

    def type_of(self, name: str) -> Any:
        """The Terraform type of a top-level attribute or block."""
        spec = self.spec(name)
        return spec["type"] if "type" in spec else nested_type(spec)

    def changes(self, values: Values, prior: Values) -> set[str]:
        """The top-level attributes and blocks in which two sets of values differ."""
        kinds = block_type(self.block)[1]
        return {name for name, kind in kinds.items() if not same(values.get(name), prior.get(name), kind)}

    def calls_for_update(self, values: Values, prior: Values) -> set[str]:
        """The changes that are more than this provider's own bookkeeping."""
        return (
            self.changes(values, prior) - {"timeouts"} - (self.handler.stored_only if self.handler else set())
        )


def plan(
    kind: ManagedType, config: Values, prior: Values | None, proposed: Values, aws: Aws
) -> tuple[Values, list[str]]:
    """The planned values, and the top-level attributes for whose sake the resource must be replaced.

    Args:
        kind: The type.
        config: As configured.
        prior: The refreshed state; None to create.
        proposed: Terraform's own merge of the two.
        aws: The configured provider.

    Raises:
        ResourceError: The handler refuses the plan.
    """
    values = _merged(kind, config, prior, proposed)
    _region(kind, config, prior, values, aws)
    _tags(kind, config, prior, values, aws)
    handler = kind.handler
    replaced = _replaced(kind, values, prior)
    if prior is not None and handler is not None:
        _recompute(kind, values, prior, handler)
    if handler is not None and handler.plan is not None:
        context = Plan(config=config, prior=prior, values=values, aws=aws, replaced=replaced)
        handler.plan(context)
        replaced = sorted(
            {path.split(".")[0] for path in context.replaced} | set(_replaced(kind, values, prior))
        )
    return values, replaced


def _merged(kind: ManagedType, config: Values, prior: Values | None, proposed: Values) -> Values:
    handler = kind.handler
    defaults = handler.defaults if handler else {}
    equivalent = handler.equivalent if handler else {}
    normalise = handler.normalise if handler else {}

    def leaf(path: tuple[str, ...], spec: Block, offered: Any, configured: Any, stored: Any) -> Any:
        dotted = ".".join(path)
        old = None if stored is ABSENT else stored
        if configured is ABSENT and any(
            ".".join(path[:depth]) in kind.computed for depth in range(len(path))
        ):
            return offered  # inside a block that is kept because it is not configured
        if spec.get("write_only") or path[0] == "timeouts":
            return None if spec.get("write_only") else offered
        # The SDK takes an empty name for none, and makes one up.
        unnamed = configured == "" and handler is not None and dotted == handler.name
        if configured is None or configured is ABSENT or (unnamed and spec.get("computed")):
            if spec.get("computed") and dotted not in defaults:
                return UNKNOWN if stored is ABSENT else old
            if dotted in kind.computed:
                return old
            value = defaults.get(dotted)
        else:
            value = configured
            if dotted in normalise and known(value):
                value = normalise[dotted](value)
        return _stored_if_same(value, old, spec, equivalent.get(dotted), stored is not ABSENT)

    def choose(path: tuple[str, ...], spec: Block, offered: Any, configured: Any, stored: Any) -> Any:
        if ".".join(path) in kind.computed and configured in (None, [], ABSENT):
            return UNKNOWN if stored is ABSENT else stored
        return offered

    found = walk(kind.block, leaf, proposed, config, prior, choose=choose)
    return dict(found)


def _stored_if_same(value: Any, old: Any, spec: Block, equal: Any, exists: bool) -> Any:
    """The stored value where the new one means the same, else the new one."""
    if not exists or value is UNKNOWN:
        return value
    if empty(value) and empty(old):
        return old
    if equal and value is not None and old is not None and known(value) and equal(old, value):
        return old
    return old if same(value, old, spec["type"]) else value


def _region(kind: ManagedType, config: Values, prior: Values | None, values: Values, aws: Aws) -> None:
    if "region" not in kind.block["attributes"]:
        return
    found = config.get("region")
    if found is None:
        found = aws.configuration.region if aws.configuration.region_known else (prior or {}).get("region")
    elif isinstance(found, str):
        aws.configuration.check_own_region(found)
    values["region"] = UNKNOWN if found is None else found


def _tags(kind: ManagedType, config: Values, prior: Values | None, values: Values, aws: Aws) -> None:
    if "tags_all" not in kind.block["attributes"]:
        return
    configured = config.get("tags")
    if not known(configured) or not aws.configuration.tags_known:
        values["tags_all"] = UNKNOWN
        return
    merged = {**aws.configuration.default_tags, **(configured or {})}
    values["tags_all"] = aws.configuration.kept_tags(
        {key: text for key, text in merged.items() if text is not None}
    )


def _replaced(kind: ManagedType, values: Values, prior: Values | None) -> list[str]:
    if prior is None:
        return []
    changed = kind.changes(values, prior)
    handler = kind.handler
    found = {path.split(".")[0] for path in kind.replace if _differs(kind, path, values, prior, changed)}
    if handler is not None and handler.update is None:
        called = kind.calls_for_update(values, prior) - ({"tags", "tags_all"} if handler.tag else set())
        found |= {name for name in called if not _computed_only(kind, name)}
    return sorted(found)


def _differs(kind: ManagedType, path: str, values: Values, prior: Values, changed: set[str]) -> bool:
    top, _, rest = path.partition(".")
    if top not in changed:
        return False
    if not rest:
        return not (empty(values.get(top)) and empty(prior.get(top)))
    steps = tuple(path.split("."))
    return at(values, steps) != at(prior, steps)


def _computed_only(kind: ManagedType, name: str) -> bool:
    spec = kind.spec(name)
    return bool(spec.get("computed")) and not spec.get("optional")


def _recompute(kind: ManagedType, values: Values, prior: Values, handler: ResourceHandler) -> None:
    changed = kind.calls_for_update(values, prior) - ({"tags", "tags_all"} if handler.tag else set())
    for name, causes in handler.recomputed.items():
        if changed if "*" in causes else changed.intersection(causes):
            values[name] = UNKNOWN
