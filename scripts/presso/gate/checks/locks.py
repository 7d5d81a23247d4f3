"""Promise 3: the deploying role can always delete an extension."""

from __future__ import annotations

import re
from collections.abc import Iterator

from presso.gate.arn_patterns import included
from presso.gate.check import check
from presso.gate.checks.policies import OF_RESOURCES, account_names, of_policies
from presso.gate.model import Hit, Model, Resource
from presso.gate.ownership import Ownership
from presso.gate.policy_statements import Statement

# Not needed for reading or deleting the resource with the policy, so policies may deny them to everyone.
_NOT_NEEDED = (
    *("logs:CreateLogStream", "logs:PutLogEvents", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"),
    *("sns:Publish", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"),
    "sqs:SendMessage",
)
_EQUAL = frozenset({"ArnEquals", "ArnLike", "StringEquals", "StringLike"})
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_SHORTEST = 60.0


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
        if not statement.allows and not _spares(model, statement):
            yield Hit(place, f"{statement.name} of {resource.address} denies {_told(statement)}")
    for key in model.of("aws_kms_key"):
        if key.values.get("policy") and not _account_rules(model, key):
            yield Hit(key.at("policy"), f"the policy of {key.address} does not allow kms:* to the account")
    for resource in model.managed:
        for given in resource.all("timeouts.delete"):
            if isinstance(given, str) and _seconds(given) < _SHORTEST:
                what = f"{resource.address} has {given} for its deletion, less than a minute"
                yield Hit(resource.at("timeouts"), what)


def _told(statement: Statement) -> str:
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
    if statement.has_unknown_condition:
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
        statement.allows
        and {name for kind, name in statement.principals if kind == "AWS"} & {*account_names(model.facts)}
        and {"*", "kms:*"} & {action.lower() for action in statement.texts("action")}
        and statement.texts("resource") in ((), ("*",))
        and not statement.body.get("condition")
        and not {"notaction", "notresource", "notprincipal"} & statement.body.keys()
        for statement in found
    )


def _seconds(duration: str) -> float:
    """The seconds of a duration in Go's format, such as `1h30m`; 0 if it is negative or another text."""
    found = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))
    return 0.0 if _DURATION.sub("", duration) not in ("", "+") else found
