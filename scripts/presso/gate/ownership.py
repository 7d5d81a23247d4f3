"""Decides whether a resource that an extension names is its own or belongs to others.

Its own resources follow from what AWS computes (an ARN from type, partition, account, region and name), never
from an attribute that an author can set: `key_id` of a parameter is any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from presso.gate.arn_patterns import covered, within
from presso.gate.model import Facts, Model, Resource
from presso.gate.resource_types import RESOURCE_TYPES
from presso.hcl.values import Unknown
from presso.json_text import NotJson, loads

ARN = re.compile(r"arn:(?:aws[a-z-]*|\*):[^\s\"'|<>{}]*")
QUEUE_URL = re.compile(r"https?://(?:sqs\.[^/\s]+|queue\.amazonaws\.com|[^/\s]+\.queue\.amazonaws\.com)/\S+")
_PATTERN = re.compile(r"[*?]|\$\{")
_WORD = re.compile(r"\{(\w+)\}")
_QUEUE = re.compile(r"[\w-]+(\.fifo)?", re.ASCII)  # nothing that leads on to another, such as /../
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# AWS's ARNs after the partition. Random parts are `?`, or follow / or :.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
ARNS: Mapping[str, str] = {
    "aws_cloudwatch_dashboard": "cloudwatch::{account}:dashboard/{dashboard_name}",
    "aws_cloudwatch_event_api_destination": "events:{region}:{account}:api-destination/{name}",
    "aws_cloudwatch_event_connection": "events:{region}:{account}:connection/{name}",
    "aws_cloudwatch_event_rule": "events:{region}:{account}:rule/{bus}{name}",
    "aws_cloudwatch_log_group": "logs:{region}:{account}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{region}:{account}:alarm:{alarm_name}",
    "aws_dynamodb_table": "dynamodb:{region}:{account}:table/{name}",
    "aws_iam_policy": "iam::{account}:policy{path}{name}",
    "aws_iam_role": "iam::{account}:role{path}{name}",
    "aws_kms_alias": "kms:{region}:{account}:{name}",
    "aws_kms_key": "kms:{region}:{account}:key/{key_id}",
    "aws_lambda_function": "lambda:{region}:{account}:function:{function_name}",
    "aws_lambda_layer_version": "lambda:{region}:{account}:layer:{layer_name}",
    "aws_pipes_pipe": "pipes:{region}:{account}:pipe/{name}",
    "aws_s3_bucket": "s3:::{bucket}",
    "aws_scheduler_schedule": "scheduler:{region}:{account}:schedule/{group}/{name}",
    "aws_scheduler_schedule_group": "scheduler:{region}:{account}:schedule-group/{name}",
    "aws_secretsmanager_secret": "secretsmanager:{region}:{account}:secret:{name}-??????",
    "aws_sfn_state_machine": "states:{region}:{account}:stateMachine:{name}",
    "aws_sns_topic": "sns:{region}:{account}:{name}",
    "aws_sqs_queue": "sqs:{region}:{account}:{name}",
    "aws_ssm_parameter": "ssm:{region}:{account}:parameter/{parameter}",
}


@dataclass(frozen=True)
class Ownership:
    """An extension's own resources: all that its prefix covers, and all in its plan.

    Args:
        facts: The tenant.
        arns: The ARNs of its resources, including those without the prefix, such as keys.
        names: The names of its resources, and its keys' ids.
        buckets: The names of its buckets. They are global: a prefix does not make a bucket the extension's
            own. None if one of them is unknown.
    """

    facts: Facts
    arns: frozenset[str]
    names: frozenset[str]
    buckets: frozenset[str] | None = frozenset()

    @classmethod
    def of(cls, model: Model) -> Ownership:
        """The ownership of a model; the same object each time."""
        found = model.__dict__.get("_ownership")
        if not isinstance(found, Ownership):
            made = [names for resource in model.managed if (names := identity(resource, model.facts))]
            buckets = [bucket.values.get("bucket") for bucket in model.of("aws_s3_bucket")]
            known = frozenset(name for name in buckets if isinstance(name, str))
            found = cls(
                model.facts,
                frozenset(arn for arn, _ in made),
                frozenset(name for _, name in made),
                known if all(isinstance(name, str) for name in buckets) else None,
            )
            model.__dict__["_ownership"] = found
        return found

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """The ARN patterns that its roles may reach."""
        return (*covered(self.facts), *self.arns, *(f"{arn}{sign}*" for arn in self.arns for sign in "/:"))

    @cached_property
    def _certain(self) -> tuple[str, ...]:
        """The patterns that match no resource of others. Other accounts may have a bucket with the prefix."""
        if self.buckets is None:
            return self.patterns
        named = self.facts.fill("arn:{partition}:s3:::{prefix}*")
        return tuple(pattern for pattern in self.patterns if pattern != named)

    def covers(self, pattern: str) -> bool:
        """Whether everything that an ARN pattern matches is the extension's own."""
        return within(pattern, self._certain)

    def owns(self, value: str, attribute: str = "") -> bool:
        """Whether this is the ARN, queue URL, id or name of one resource, and that is the extension's own.

        Args:
            value: The name. A pattern names no resource.
            attribute: The attribute: it distinguishes a bucket's name from others.
        """
        if _PATTERN.search(value.removesuffix(":*")):  # the end of a log group's ARN
            return False
        if value.startswith("arn:"):
            return self.covers(value)
        if attribute.endswith("bucket") and self.buckets is not None:
            return value in self.buckets
        if value in self.names:
            return True
        if QUEUE_URL.match(value):
            return self._owns_queue(value)
        own_names = (self.facts.prefix, f"/{self.facts.prefix}", f"alias/{self.facts.prefix}")
        groups = (f"/aws/lambda/{self.facts.prefix}", f"/aws/vendedlogs/states/{self.facts.prefix}")
        return value.startswith((*own_names, *groups))

    def _owns_queue(self, url: str) -> bool:
        place = f"https://sqs.{self.facts.region}.{self.facts.dns_suffix}/{self.facts.account}/"
        name = url.removeprefix(place)
        named = name != url and _QUEUE.fullmatch(name)
        return bool(named) and (name in self.names or name.startswith(self.facts.prefix))


def identity(resource: Resource, facts: Facts) -> tuple[str, str] | None:
    """Return the ARN and the name that AWS gives to a resource; None where they are unknown, or a pattern.

    Names that another check rejects are included, so that references to them are not reported as well.
    """
    template, kind = ARNS.get(resource.type), RESOURCE_TYPES.get(resource.type)
    name = resource.values.get(kind.name if kind and kind.name else "key_id")
    if template is None or not isinstance(name, str) or not name or _PATTERN.search(name):
        return None
    if resource.type == "aws_kms_key" and not _KEY.fullmatch(name):
        return None
    words = _words(resource, facts)
    if any(_PATTERN.search(words[word]) for word in _WORD.findall(template)):
        return None
    return f"arn:{facts.partition}:{template.format_map(words)}", name


def _words(resource: Resource, facts: Facts) -> dict[str, str]:
    """The values for a template of `ARNS`: the place, the resource's texts, and what AWS computes."""
    values = resource.values
    words = {name: value for name, value in values.items() if isinstance(value, str)}
    bus = words.get("event_bus_name", "default").rpartition(":event-bus/")[2]  # perhaps by its ARN
    return words | {
        "partition": facts.partition,
        "region": facts.region,
        "account": facts.account,
        "bus": "" if bus == "default" else f"{bus}/",
        "group": words.get("group_name", "default"),
        "parameter": words.get("name", "").lstrip("/"),
        "path": words.get("path", "/"),
    }


def names_in(text: str, tenant: str) -> Iterator[str]:
    """The ARNs and queue URLs in a text, and the names of the tenant's resources that are whole words."""
    yield from (*ARN.findall(text), *QUEUE_URL.findall(text))
    rest = QUEUE_URL.sub(" ", ARN.sub(" ", text))
    yield from re.findall(rf"(?<![\w-]){re.escape(tenant)}--[a-z][\w-]*", rest)


def pointed(resource: Resource, paths: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The paths and their values, one at a time: a text, or `Unknown`."""
    for path in paths:
        attribute, _, inside = path.partition("|")
        for value in resource.all(attribute):
            for item in _in_json(value, inside) if inside else [value]:
                if isinstance(item, Unknown) or (isinstance(item, str) and item):
                    yield attribute, item


def _in_json(value: Any, key: str) -> Iterator[Any]:
    """The value of a key in a JSON object; the text itself if it is not one, or is ambiguous."""
    if isinstance(value, str):
        try:
            value = loads(value, _once)
        except NotJson:
            value = {key: value if "${" not in value else None}  # as in an extension's text
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        found = value.get(key)
        yield from found if isinstance(found, list) else [found]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise NotJson("a key is given twice")
    return dict(pairs)
