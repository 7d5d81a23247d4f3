"""Promise 3: an extension is deployed and destroyed independently, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presso.gate.check import check
from presso.gate.model import Hit, Model, Place, Resource
from presso.gate.resource_types import PROTECTIONS, REMAINS, RESOURCE_TYPES, Protection
from presso.hcl.blocks import Block
from presso.hcl.values import Unknown, source_of


@check(
    "P3-001",
    "Every resource can be destroyed",
    why="prevent_destroy stops the destroy of the whole extension, on the evening after the event.",
    fix="Leave it out; export data that must be kept before the destroy.",
    bad="lifecycle {\n  prevent_destroy = true\n}",
)
def prevented(model: Model) -> Iterator[Hit]:
    """Yield resources with prevent_destroy, unless it is literally false."""
    for block in model.source.all("resource"):
        for inner in block.within():
            node = inner.attributes.get("prevent_destroy")
            if inner.type == "lifecycle" and node is not None and source_of(node).strip() != "false":
                yield Hit(
                    Place(block.file, inner.line_of("prevent_destroy")),
                    f"{block.address} cannot be destroyed",
                )


@check(
    "P3-002",
    "No deletion protection",
    why="AWS does not delete protected resources: the extension stays half destroyed.",
    fix="Leave it out, or set it to false.",
    bad="deletion_protection_enabled = true",
)
def protected(model: Model) -> Iterator[Hit]:
    """Yield resources that AWS would not delete."""
    for resource, attribute in _differing(model, PROTECTIONS):
        yield Hit(resource.at(attribute), f"{resource.address} has {attribute}")


@check(
    "P3-003",
    "Nothing remains",
    why="A resource skipped on destroy, a bucket that cannot be emptied, a secret whose name is kept for"
    " 30 days: each makes the next deployment fail, or costs money without end.",
    fix="force_destroy = true for buckets, recovery_window_in_days = 0 for secrets, no skip_destroy.",
    bad="skip_destroy = true",
)
def remaining(model: Model) -> Iterator[Hit]:
    """Yield what is left behind."""
    for resource, attribute in _differing(model, REMAINS):
        value = resource.values.get(attribute)
        what = f"{resource.address} has {attribute} = {str(value).lower()}"
        yield Hit(
            resource.at(attribute), what if value is not None else f"{resource.address} has no {attribute}"
        )


def keeps(block: Block) -> bool:
    """Whether a removed block leaves its resource behind."""
    said = [inner.attributes["destroy"] for inner in block.within() if "destroy" in inner.attributes]
    return any(source_of(node).strip() != "true" for node in said)


def _differing(model: Model, table: Mapping[tuple[str, str], Protection]) -> Iterator[tuple[Resource, str]]:
    for resource in model.managed:
        for (kind, attribute), rule_of in table.items():
            if kind not in ("", resource.type) or resource.type not in RESOURCE_TYPES:
                continue
            for value in list(resource.all(attribute)) or [None]:
                if isinstance(value, Unknown) or (value is None and (rule_of.left_out or not kind)):
                    continue
                if value != rule_of.wanted:
                    yield resource, attribute


@check(
    "P3-004",
    "It neither adopts others' resources nor leaves resources behind",
    why="An import adopts a resource that others created, and deletes it with the extension; removed "
    "with destroy = false leaves the extension's own resource behind. moved only renames within the "
    "extension, and is allowed.",
    fix="Let the extension create its resources, and let destroy delete them.",
    bad='import {\n  to = aws_sqs_queue.default\n  id = "…"\n}',
)
def adopted(model: Model) -> Iterator[Hit]:
    """Yield import blocks, removed blocks that leave resources behind, and parameters that overwrite."""
    for block in model.source.all("import"):
        yield Hit(Place(block.file, block.line), "an import block")
    for block in model.source.all("removed"):
        if keeps(block):
            yield Hit(Place(block.file, block.line), "a removed block that does not destroy")
    for resource in model.of("aws_ssm_parameter", "aws_secretsmanager_secret"):
        for attribute in ("overwrite", "force_overwrite_replica_secret"):
            if resource.values.get(attribute) is True:
                yield Hit(resource.at(attribute), f"{resource.address} overwrites an existing value")
