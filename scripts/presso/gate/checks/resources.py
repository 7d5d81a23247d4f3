"""Promise 1: the resources of an extension, their names and places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from event_patterns.nearest import nearest
from presso.gate import log_entries
from presso.gate.attributes import unclassified
from presso.gate.check import check
from presso.gate.model import Hit, Model
from presso.gate.resource_types import DATA, NOT_CONFINED, RESOURCE_TYPES
from presso.hcl.values import Unknown
from presso.json_text import NotJson, loads

_INSTEAD = {
    "aws_cloudwatch_event_bus": "An extension uses its tenant's bus: var.context.bus_name.",
    "aws_cloudwatch_event_bus_policy": "The platform decides who may put events on a bus.",
    "aws_cloudwatch_event_permission": "The platform decides who may put events on a bus.",
    "aws_iam_user": "Use a role: roles have the extension's boundary.",
    "aws_iam_group": "Use a role: roles have the extension's boundary.",
}

# The second overrides the provider's default tags for one resource.
_TAGS = ("tags", "override_provider.default_tags.tags")


@check(
    "P1-001",
    "Only resource types that the boundary covers",
    why="Types not listed are rejected: they have no prefix to separate them, or belong to the whole "
    "account, so the permissions boundary cannot confine them to the extension.",
    fix="Use the types on the list (docs/checks.md), preferably by the platform's building blocks.",
    bad='resource "aws_cloudwatch_event_bus" "mine" {}',
)
def types(model: Model) -> Iterator[Hit]:
    """Yield resources of other types."""
    for resource in model.managed:
        if resource.type not in RESOURCE_TYPES and resource.type.startswith("aws_"):
            near = nearest(resource.type, RESOURCE_TYPES)
            hint = _instead(resource.type) or (f"Did you mean {near}?" if near else "")
            yield Hit(resource.place, f"{resource.address} is an {resource.type}", hint)
    for policy in model.of("aws_cloudwatch_log_resource_policy"):
        if not policy.values.get("resource_arn"):
            what = f"{policy.address} has no resource_arn, so it is the whole account's"
            yield Hit(policy.place, what, "resource_arn = aws_cloudwatch_log_group.default.arn")


def _instead(kind: str) -> str:
    """What to use in place of a type that cannot be confined, after the reason."""
    found = (" ".join(words) for start, words in NOT_CONFINED.items() if kind.startswith(start))
    return _INSTEAD.get(kind) or next(found, "")


@check(
    "P1-002",
    "Every name begins with the extension's prefix",
    why="The boundary identifies resources by name. A name without the prefix can collide with the core or "
    "with a neighbour, and stays when the extension is deleted without its state.",
    fix='Begin it with var.context.prefix: "${var.context.prefix}orders".',
    bad='name = "orders"',
    good='name = "${var.context.prefix}orders"',
)
def names(model: Model) -> Iterator[Hit]:
    """Yield resources with other names, or with unknown ones."""
    for resource in model.managed:
        kind = RESOURCE_TYPES.get(resource.type)
        if kind is None or not kind.name:
            continue
        attribute = kind.name
        name = resource.values.get(attribute)
        if name is None or (isinstance(name, Unknown) and not resource.lines.get(attribute)):
            attribute = f"{attribute}_prefix"
            name = resource.values.get(attribute)
        starts = tuple(map(model.facts.fill, kind.starts))
        if isinstance(name, str) and not name.startswith(starts):
            yield Hit(resource.at(attribute), f'{resource.address} is named "{name}", not "{starts[0]}…"')
        elif name is None and resource.written:
            yield Hit(resource.place, f"{resource.address} has no {kind.name}, so AWS generates one")
    yield from _misplaced(model)


def _misplaced(model: Model) -> Iterator[Hit]:
    """Yield roles and policies in another path, and policies with names of boundaries."""
    for resource in model.of("aws_iam_policy", "aws_iam_role"):
        path = resource.values.get("path")
        if isinstance(path, str) and path != "/" and not path.startswith(f"/{model.facts.prefix}"):
            what = f'{resource.address} has the path "{path}", not "/" or "/{model.facts.prefix}…"'
            yield Hit(resource.at("path"), what)
    for policy in model.of("aws_iam_policy"):
        name = policy.values.get("name")
        # The deploy role may write none, and AWS takes two names that differ by case for the same.
        if isinstance(name, str) and name.lower().endswith("boundary"):
            what = f'{policy.address} is named "{name}": only the platform\'s boundaries end so'
            yield Hit(policy.at("name"), what)


@check(
    "P1-003",
    "Every role has the extension's boundary",
    why="AWS enforces the boundary while the extension runs: a role without it may do all that its "
    "policies allow, a role with another one all that that one allows.",
    fix="permissions_boundary = var.context.boundary_arn",
    bad='resource "aws_iam_role" "default" {\n  name = "${var.context.prefix}worker"\n}',
    good="permissions_boundary = var.context.boundary_arn",
)
def boundaries(model: Model) -> Iterator[Hit]:
    """Yield roles without it."""
    for role in model.of("aws_iam_role"):
        found = role.values.get("permissions_boundary")
        if isinstance(found, Unknown) or found == model.facts.boundary_arn:
            continue
        what = f"the boundary {found}" if found else "no boundary"
        yield Hit(role.at("permissions_boundary"), f"{role.address} has {what}")


@check(
    "P1-016",
    "Data sources read nothing of others",
    why="A data source reads all that the deployer may read: states, secrets, parameters and queues "
    "of the core and of neighbours. The platform passes what an extension may know of its tenant.",
    fix="Use var.context, and the extension's own resources by reference.",
    bad='data "aws_ssm_parameter" "menu" {\n  name = "/nyc--core--menu"\n}',
    good="var.context.bus_arn",
)
def data(model: Model) -> Iterator[Hit]:
    """Yield data sources that are not on the list."""
    for resource in model.resources:
        if resource.mode == "data" and resource.type not in DATA and resource.type.startswith("aws_"):
            yield Hit(resource.place, f"data.{resource.type} reads resources of others")
        elif resource.mode == "data" and resource.type == "terraform_remote_state":
            yield Hit(resource.place, "terraform_remote_state reads another unit's state")


@check(
    "P1-017",
    "All resources are in the tenant's region",
    why="The boundary and the tenant are in one region; resources in another are neither watched nor "
    "deleted.",
    fix="Leave out region and replicas: the provider's region is the tenant's.",
    bad='region = "eu-west-1"',
)
def regions(model: Model) -> Iterator[Hit]:
    """Yield resources in other regions."""
    for resource in model.managed:
        region = resource.values.get("region")
        if isinstance(region, str) and region != model.facts.region:
            yield Hit(resource.at("region"), f"{resource.address} is in {region}")
        if resource.values.get("multi_region") is True:
            yield Hit(resource.at("multi_region"), f"{resource.address} is for every region")
        for path in ("replica.region_name", "replica.region"):
            for found in resource.all(path):
                if not isinstance(found, Unknown):
                    yield Hit(resource.at("replica"), f"{resource.address} is copied to {found}")


@check(
    "P1-020",
    "Metrics in the extension's own namespace",
    why="Metrics in another's namespace appear on its dashboards and start its alarms. CloudWatch also makes "
    "metrics of a log's entry that is JSON with the key _aws: where a target or a workflow writes entries, "
    "no template or expression may put keys together.",
    fix='namespace = "presso/${var.context.tenant}/<extension>"; write out the keys of a log\'s entries',
)
def metrics(model: Model) -> Iterator[Hit]:
    """Yield metric filters that write elsewhere, and logs' entries with metrics of others in them."""
    for resource in model.of("aws_cloudwatch_log_metric_filter"):
        for found in resource.all("metric_transformation.namespace"):
            if isinstance(found, str) and found != model.facts.metrics:
                what = f'{resource.address} writes metrics to "{found}", not to "{model.facts.metrics}"'
                yield Hit(resource.at("metric_transformation"), what)
    for resource in model.managed:
        for path, text in texts_in(resource.values):
            for found in _embedded(text):
                if found != model.facts.metrics:
                    what = f'{resource.address} writes metrics to "{found}", not to "{model.facts.metrics}"'
                    yield Hit(resource.at(path), what)
    for resource, path, fault in log_entries.unreadable(model):
        yield Hit(resource.at(path), f"{resource.address} writes an entry of a log, {fault}")


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
_METRICS = "CloudWatchMetrics"
_NAMESPACE = re.compile(r'Namespace[\\]*"\s*:\s*(?:[\\]*"([^"\\]{0,256}))?')
_ESCAPED = re.compile(r"\\+u00([0-7][0-9a-fA-F])")
_BLANK = re.compile(r"(?<!\\)\\+[nrt]")


def _embedded(text: str) -> Iterator[str]:
    """The namespaces of metrics that are embedded in a log's entry, also where that is JSON in JSON."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u00" in text else text
    yield from _NAMESPACE.findall(_BLANK.sub(" ", text.partition(_METRICS)[2]))


def texts_in(value: Any, top: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a resource's values, with the attribute that it is in."""
    if isinstance(value, str):
        yield top, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts_in(item, top or name)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item, top)


# Not `custom`: that calls a function with the rights of the person who looks, and shows what it returns;
# links in that call any function with them.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
_WIDGETS = frozenset({"alarm", "explorer", "log", "metric", "text"})


@check(
    "P1-046",
    "A dashboard runs no code",
    why="A custom widget calls a function with the rights of the person who looks at it, often an "
    "administrator, and what the function returns can call any other.",
    fix="Use widgets of the types metric, log, alarm, explorer and text.",
    bad='widgets = [{ type = "custom", properties = { endpoint = aws_lambda_function.default.arn } }]',
)
def widgets(model: Model) -> Iterator[Hit]:
    """Yield dashboards with other widgets, or of which that cannot be read."""
    for resource in model.of("aws_cloudwatch_dashboard"):
        body = resource.values.get("dashboard_body")
        if not isinstance(body, str):
            continue  # P1-043 reports what a plan does not know
        try:
            types = [widget["type"] for widget in loads(body).get("widgets", [])]
        except (NotJson, AttributeError, KeyError, TypeError):
            what = f"dashboard_body of {resource.address} is not JSON with widgets that have types"
            yield Hit(resource.at("dashboard_body"), what)
            continue
        for found in types:
            if not isinstance(found, str) or found not in _WIDGETS:
                what = f"{resource.address} has a widget of the type {json.dumps(found)[:60]}"
                yield Hit(resource.at("dashboard_body"), what)


@check(
    "P1-021",
    "Nothing is open to the internet",
    why="What the whole internet can call acts as the extension for every caller.",
    fix="Let AWS authorise callers: authorization_type = AWS_IAM, and keep a bucket's public access blocked.",
    bad='authorization_type = "NONE"',
)
def public(model: Model) -> Iterator[Hit]:
    """Yield function URLs without authorisation and buckets that may become public."""
    for url in model.of("aws_lambda_function_url"):
        if url.values.get("authorization_type") == "NONE":
            yield Hit(url.at("authorization_type"), f"{url.address} lets everyone call the function")
    for resource in model.of("aws_s3_bucket", "aws_s3_object"):
        acl = resource.values.get("acl")
        if isinstance(acl, str) and acl != "private":
            yield Hit(resource.at("acl"), f"{resource.address} has the ACL {acl}")
    for block in model.of("aws_s3_bucket_public_access_block"):
        for name in (
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ):
            if block.values.get(name) is False:
                yield Hit(block.at(name), f"{block.address} sets {name} to false")


@check(
    "P1-024",
    "The context's tags stay as they are",
    why="The platform identifies an extension's resources by its tags: resources with another's tags are "
    "cleaned up and billed with the other extension.",
    fix="tags = var.context.tags, or merge(var.context.tags, { … }) with keys that do not begin with presso:",
)
def tags(model: Model) -> Iterator[Hit]:
    """Yield resources with another's tags."""
    wanted = model.facts.variables["context"]["tags"]
    for resource in model.managed:
        given = ((path, tags) for path in _TAGS for tags in resource.all(path) if isinstance(tags, dict))
        for path, key, value in ((path, *pair) for path, tags in given for pair in tags.items()):
            if str(key).startswith("presso:") and isinstance(value, str) and value != wanted.get(key):
                yield Hit(resource.at(path), f"{resource.address} is tagged {key} = {value}")
        if list(resource.all("override_provider")):  # without the provider's default tags
            known = [tags for path in _TAGS for tags in resource.all(path) if isinstance(tags, dict)]
            for key in wanted:
                if not any(key in tags for tags in known) and not any(
                    isinstance(tags, Unknown) for path in _TAGS for tags in resource.all(path)
                ):
                    yield Hit(resource.at("override_provider"), f"{resource.address} has no tag {key}")


@check(
    "P1-040",
    "Only attributes that the gate knows",
    why="An attribute can hold an ARN, a URL, an account, a principal or an ACL, or switch on what the whole "
    "account shares. The gate judges the attributes that it knows; an unknown one could reach others.",
    fix="Leave it out. If it is needed, ask for it: scripts/presso/gate/attributes.py classifies them.",
    bad='self_managed_event_source {\n  endpoints = { KAFKA_BOOTSTRAP_SERVERS = "kafka.test:9092" }\n}',
    levels=("plan",),
)
def known_attributes(model: Model) -> Iterator[Hit]:
    """Yield attributes that are set and not classified."""
    for resource in model.managed:
        for path in unclassified(resource.type) if resource.type in RESOURCE_TYPES else ():
            given = resource.gives(path)  # else AWS decides what is unknown there
            if any(given if isinstance(found, Unknown) else found for found in resource.all(path)):
                yield Hit(resource.at(path), f"{resource.address} sets {path}, which the gate does not know")


@check(
    "P1-041",
    "Accounts are the tenant's own",
    why="A setting that expects another account's resource works only with resources of others.",
    fix="Leave it out, or use var.context.account_id.",
    bad='expected_bucket_owner = "222222222222"',
    good="expected_bucket_owner = var.context.account_id",
)
def accounts(model: Model) -> Iterator[Hit]:
    """Yield other accounts."""
    for resource in model.managed:
        for path in RESOURCE_TYPES[resource.type].accounts if resource.type in RESOURCE_TYPES else ():
            for found in resource.all(path):
                if isinstance(found, str) and found != model.facts.account:
                    yield Hit(resource.at(path), f"{path} of {resource.address} is {found}")
