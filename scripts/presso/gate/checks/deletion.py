"""Promise 3: an extension is deployed and destroyed independently, and leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from presso.gate.arn_patterns import included
from presso.gate.check import check
from presso.gate.checks.policies import OF_RESOURCES, account_names, of_policies
from presso.gate.duplicates import duplicates, keys_of_others
from presso.gate.model import Hit, Model, Place, Resource
from presso.gate.ownership import Ownership
from presso.gate.policy_statements import Statement
from presso.gate.resource_types import PROTECTIONS, REMAINS, RESOURCE_TYPES, Protection
from presso.hcl.blocks import Block
from presso.hcl.values import Unknown, source_of

# Not needed for reading or deleting the resource with the policy, so policies may deny them to everyone.
_NOT_NEEDED = (
    *("logs:CreateLogStream", "logs:PutLogEvents", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"),
    *("sns:Publish", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"),
    "sqs:SendMessage",
)
_EQUAL = frozenset({"ArnEquals", "ArnLike", "StringEquals", "StringLike"})
_DURATION = re.compile(r"(\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(h|ms|m|s|us|µs|μs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_SHORTEST = 60.0


@check(
    "P3-001",
    "Every resource can be destroyed",
    why="prevent_destroy stops the destroy of the whole extension, on the evening after the event.",
    fix="Leave it out; export data that must be kept before the destroy.",
    bad="lifecycle {\n  prevent_destroy = true\n}",
)
def prevented(model: Model) -> Iterator[Hit]:
    """Yield resources with prevent_destroy, unless it is literally false."""
    for block in model.text.all("resource"):
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
    for block in model.text.all("import"):
        yield Hit(Place(block.file, block.line), "an import block")
    for block in model.text.all("removed"):
        if keeps(block):
            yield Hit(Place(block.file, block.line), "a removed block that does not destroy")
    for resource in model.of("aws_ssm_parameter", "aws_secretsmanager_secret"):
        for attribute in ("overwrite", "force_overwrite_replica_secret"):
            if resource.values.get(attribute) is True:
                yield Hit(resource.at(attribute), f"{resource.address} overwrites an existing value")


@check(
    "P3-009",
    "The platform can always change and delete it",
    why="A resource's policy that denies everyone denies the deploy role too: often only the account's root "
    "user can change or delete the resource then. A key whose policy omits the account cannot be deleted at "
    "all, and a destroy without time never ends.",
    fix="Deny only principals other than the platform: requests without TLS (Bool aws:SecureTransport "
    "false), other accounts (StringNotEquals aws:PrincipalAccount), services (Bool aws:PrincipalIsAWSService "
    "true), the extension's own roles. In a key's policy, allow kms:* to the account.",
    bad='Effect = "Deny"\nPrincipal = "*"\nAction = "sqs:*"',
    good='Effect = "Deny"\nPrincipal = "*"\nAction = "s3:*"\n'
    'Condition = { Bool = { "aws:SecureTransport" = "false" } }',
)
def locked(model: Model) -> Iterator[Hit]:
    """Yield policies that deny the platform what it needs, and delete timeouts that are too short."""
    for resource, place, statement in of_policies(model, OF_RESOURCES):
        if not statement.allows and not statement.has_unknown and not _spares(model, statement):
            yield Hit(place, f"{statement.name} of {resource.address} denies {_described(statement)}")
    for key in model.of("aws_kms_key"):
        if key.values.get("policy") and not _account_rules(model, key):
            yield Hit(key.at("policy"), f"the policy of {key.address} does not allow kms:* to the account")
    for resource in model.managed:
        for given in resource.all("timeouts.delete"):
            if isinstance(given, str) and _seconds(given) < _SHORTEST:
                what = f"{resource.address} has {given} for its deletion, less than a minute"
                yield Hit(resource.at("timeouts"), what)


def _described(statement: Statement) -> str:
    denied = statement.texts("action") or tuple(f"all but {name}" for name in statement.texts("notaction"))
    whom = ", ".join(name for _, name in statement.principals)
    others = "all but a few (NotPrincipal)" if "notprincipal" in statement.body else "no principal"
    return f"{', '.join(denied)} to {'everyone' if whom == '*' else whom or others}"


def _spares(model: Model, statement: Statement) -> bool:
    """Whether a denial never applies to the platform when it reads and deletes the resource."""
    actions = statement.texts("action")
    needless = [any(included(each.lower(), free.lower()) for free in _NOT_NEEDED) for each in actions]
    if actions and "notaction" not in statement.body and all(needless):
        return True
    return _of_own(model, statement) or any(
        _never(model, operator, key, values) for operator, key, values in statement.conditions
    )


def _of_own(model: Model, statement: Statement) -> bool:
    """Whether only services and the extension's own roles are denied."""
    denied = list(statement.principals)
    own = Ownership.of(model)
    return bool(denied) and all(
        kind == "Service" or (kind == "AWS" and ":role/" in name and own.owns(name)) for kind, name in denied
    )


def _never(model: Model, operator: str, key: str, values: tuple[str, ...]) -> bool:
    """Whether no request of the platform (by a role of the account, with TLS) meets a condition.

    Negated operators and IfExists are also met where a key is missing, as aws:SourceArn is in such a request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    if operator == "Bool":
        by_key = {"aws:securetransport": ("false",), "aws:principalisawsservice": ("true",)}
        return by_key.get(key) == tuple(value.lower() for value in values)
    if operator == "Null":
        return key in ("aws:sourcearn", "aws:sourceaccount") and values == ("false",)
    if operator == "StringNotEquals":
        return key == "aws:principalaccount" and model.facts.account in values
    if operator == "NumericLessThan":
        return key == "s3:tlsversion" and values in (("1.1",), ("1.2",))
    own = Ownership.of(model)
    return operator in _EQUAL and key == "aws:principalarn" and bool(values) and all(map(own.covers, values))


def _account_rules(model: Model, key: Resource) -> bool:
    """Whether a key's policy gives the account full control, without a condition."""
    paths = {"aws_kms_key": ("policy",)}
    found = [statement for resource, _, statement in of_policies(model, paths) if resource is key]
    # P1-022 reports policies that cannot be read.
    return not found or any(
        statement.has_unknown
        or (
            statement.allows
            and {name for kind, name in statement.principals if kind == "AWS"} & {*account_names(model.facts)}
            and {"*", "kms:*"} & {action.lower() for action in statement.texts("action")}
            and statement.texts("resource") in ((), ("*",))
            and not statement.body.get("condition")
            and not {"notaction", "notresource", "notprincipal"} & statement.body.keys()
        )
        for statement in found
    )


def _seconds(duration: str) -> float:
    """The seconds of a duration in Go's format, such as `1h30m`; 0 if it is negative or another text."""
    found = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))
    return 0.0 if _DURATION.sub("", duration) not in ("", "+") else found


@check(
    "P3-010",
    "No two resources are the same thing",
    why="AWS has one rule of a name, and one policy of a queue, however they are named. Two resources for it "
    "overwrite each other at every apply: what was judged singly is not what is there, and destroying one "
    "destroys both. A list of all policies of a role takes away those that it does not have.",
    fix="Write one resource, with all statements or settings in it, and each policy of a role in its list.",
    bad='resource "aws_sqs_queue_policy" "second" {\n  queue_url = aws_sqs_queue.default.url',
)
def same(model: Model) -> Iterator[Hit]:
    """Yield resources that are the same to AWS as an earlier one, or set what another one has."""
    for resource, what in duplicates(model):
        yield Hit(resource.place, f"{resource.address} {what}")


@check(
    "P3-012",
    "An item has the key of its table",
    why="AWS rejects an item without its table's key in the middle of an apply. With another key beside it, "
    "Terraform does not find the item again: no plan is empty, and a destroy leaves it.",
    fix="hash_key = aws_dynamodb_table.default.hash_key, and range_key where the table has one.",
    bad='hash_key = "name"   # of a table with hash_key = "id"',
    good="hash_key = aws_dynamodb_table.default.hash_key",
)
def keyed(model: Model) -> Iterator[Hit]:
    """Yield items with another key than that of their table, which is in the extension."""
    for item, name, wanted in keys_of_others(model):
        what = f"{name} of {item.address} is not the key of its table, {wanted or 'which has none'}"
        yield Hit(item.at(name), what)


_LONGEST_TIMEOUT = 2 * 3600.0
# Arguments that only make the provider wait, and the most of each.
_WAITS: Mapping[str, tuple[str, float]] = {
    "aws_iam_policy": ("delay_after_policy_creation_in_ms", 60_000),
    "aws_sns_topic_subscription": ("confirmation_timeout_in_minutes", 10),
}


@check(
    "P3-011",
    "An apply ends soon",
    why="Terraform holds the unit's state while it waits: a provider that may wait for days keeps the tenant "
    "from being changed or destroyed. A timeout of seconds ends an apply in the middle.",
    fix="Leave timeouts and delays out: the provider's own fit. At most two hours, at least a minute.",
    bad='timeouts {\n  create = "8760h"\n}',
    levels=("plan",),
)
def waiting(model: Model) -> Iterator[Hit]:
    """Yield timeouts and delays that are too long, or too short to create or update anything."""
    for resource in model.managed:
        for name in ("create", "delete", "read", "update"):
            for given in resource.all(f"timeouts.{name}"):
                seconds = _seconds(given) if isinstance(given, str) else _SHORTEST
                too_short = seconds < _SHORTEST and name != "delete"  # P3-009 reports that
                if seconds > _LONGEST_TIMEOUT or too_short:
                    what = f"{resource.address} has {given} to {name}"
                    yield Hit(resource.at("timeouts"), what)
        attribute, most = _WAITS.get(resource.type, ("", 0.0))
        found = resource.values.get(attribute)
        if isinstance(found, int | float) and found > most:
            yield Hit(
                resource.at(attribute), f"{resource.address} has {attribute} = {found:g}; most {most:g}"
            )
