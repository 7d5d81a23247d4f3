"""Promise 1: values are known before the apply, so that the gate can judge them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presso.gate import late_choices, unknown_values
from presso.gate.check import check, declare
from presso.gate.checks.policies import IDENTITY
from presso.gate.model import Hit, Model, Place
from presso.gate.policy_statements import Undecidable, statements
from presso.gate.resource_types import RESOURCE_TYPES
from presso.hcl.values import Unknown, source_of

_LONGEST_SHOWN = 80


@check(
    "P1-022",
    "Relevant values are known before the apply",
    why="Values missing in the plan cannot be reviewed: a policy, target or setting that is decided during "
    "the apply may be anything.",
    fix="Build it from var.context, names and ARNs; leave depends_on off data sources. Only data "
    "may be known late: a function's environment, a parameter's value, an item, an input.",
    bad='data "aws_iam_policy_document" "default" {\n  depends_on = [aws_sqs_queue.default]\n}',
    levels=("plan",),
)
def undecidable(model: Model) -> Iterator[Hit]:
    """Yield values of the author that the plan does not show, and invalid policies."""
    for resource in model.managed:
        kind = RESOURCE_TYPES.get(resource.type)
        if kind is None:
            continue
        found = (path for path, value in unknown_values.leaves(resource.values) if isinstance(value, Unknown))
        for path in dict.fromkeys(found):
            if not unknown_values.is_data(resource.type, path) and (
                resource.gives(path) or not unknown_values.computed(resource.type, path)
            ):
                what = f"{path} of {resource.address} is known only after apply"
                yield Hit(resource.at(path), what)
        for path in (*kind.policy, *IDENTITY.get(resource.type, ()), "assume_role_policy"):
            for value in resource.all(path):
                try:
                    statements(value)
                except Undecidable as error:
                    yield Hit(resource.at(path), f"{resource.address}: {error}")


declare(
    "P1-043",
    "Settings are known at plan time",
    why="A real plan does not know what AWS computes: ARNs, URLs, ids. Values built from them were judged "
    "with a predicted value and could differ. References, policies and data may be unknown; a rule's state, "
    "a region, a URL's authorization, tags, names and protections must be known.",
    fix="Build it from var.context and your own variables, not from what AWS computes.",
    bad='state = endswith(aws_kms_key.default.key_id, "7") ? "DISABLED" : "ENABLED"',
)


@check(
    "P1-044",
    "What AWS sets by chance chooses nothing",
    why="Ids of keys, ends of secrets' ARNs, stamps, versions and other values that only AWS knows differ "
    "between the judged plan and what is applied. A policy, target, queue or code that such a value chooses "
    "has not been judged.",
    fix="References may contain such values: pass them on as they are, in texts, lists, objects and "
    "jsonencode(). Choose by var.context and your own variables.",
    bad='Resource = endswith(aws_kms_key.default.key_id, "7") ? "*" : aws_sqs_queue.default.arn',
    good="Resource = [aws_sqs_queue.default.arn, aws_kms_key.default.arn]",
    levels=("plan",),
)
def chosen(model: Model) -> Iterator[Hit]:
    """Yield choices by late values."""
    for choice in late_choices.choices(model):
        text = choice.text if len(choice.text) <= _LONGEST_SHOWN else f"{choice.text[: _LONGEST_SHOWN - 1]}…"
        yield Hit(choice.place, f"{choice.decides} is chosen by what only AWS knows: {text}")


_VARIABLE = re.compile(r"var\.[\w-]+(\.[\w-]+)*", re.ASCII)


@check(
    "P1-045",
    "Write-only values are variables",
    why="Neither a plan nor a state shows a write-only value, so nothing else about it can be judged: it may "
    "hold a file, the name of a neighbour's resource, or another value when it is applied.",
    fix="Pass a variable, which the organiser sets in tenant.yaml, or use the attribute without _wo.",
    bad='secret_string_wo = file("${path.module}/key")',
    good="secret_string_wo = var.key",
)
def unseen(model: Model) -> Iterator[Hit]:
    """Yield write-only values that are anything but a variable."""
    for block in model.text.all("resource"):
        for inner in block.within():
            for name, node in inner.attributes.items():
                if name.endswith("_wo") and not _VARIABLE.fullmatch(source_of(node).strip()):
                    place = Place(inner.file, inner.line_of(name))
                    yield Hit(
                        place, f"{name} of {block.address} is {source_of(node).strip()[:_LONGEST_SHOWN]}"
                    )
