"""What an extension's prefix covers, and whether a pattern stays within it.

`BOUNDARY` is what modules/extension-fence lets roles do; a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from presso.gate.model import Facts

# By service: actions, and resources (what follows the account in an ARN).
BOUNDARY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dynamodb": (
        (
            *("BatchGet*", "BatchWrite*", "ConditionCheckItem", "DeleteItem", "Describe*", "GetItem"),
            *("GetRecords", "GetShardIterator", "PartiQL*", "PutItem", "Query", "Scan", "UpdateItem"),
        ),
        ("table/{prefix}*",),
    ),
    "events": (
        (
            "DescribeRule",
            "DisableRule",
            "EnableRule",
            "InvokeApiDestination",
            "RetrieveConnectionCredentials",
        ),
        ("rule/{tenant}/{prefix}*", "api-destination/{prefix}*", "connection/{prefix}*"),
    ),
    "kms": (("Decrypt", "GenerateDataKey*"), ()),
    "lambda": (("GetFunction*", "Invoke*"), ("function:{prefix}*",)),
    "logs": (
        (
            *("CreateLogStream", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents"),
            *("PutLogEvents", "StartQuery"),
        ),
        (
            "log-group:/aws/lambda/{prefix}*",
            "log-group:/aws/vendedlogs/states/{prefix}*",
            "log-group:{prefix}*",
        ),
    ),
    "s3": (
        (
            *("AbortMultipartUpload", "DeleteObject*", "GetBucketLocation", "GetObject*", "ListBucket*"),
            *("ListMultipartUploadParts", "PutObject", "PutObjectTagging"),
        ),
        ("{prefix}*",),
    ),
    "scheduler": (("DeleteSchedule", "GetSchedule"), ("schedule/{prefix}*", "schedule/default/{prefix}*")),
    "secretsmanager": (
        ("DescribeSecret", "GetSecretValue", "PutSecretValue"),
        ("secret:{prefix}*", "secret:events!connection/{prefix}*"),
    ),
    "sns": (("Publish",), ("{prefix}*",)),
    "sqs": (("*Message", "*Messages", "ChangeMessageVisibility*", "GetQueue*"), ("{prefix}*",)),
    "ssm": (("DeleteParameter*", "GetParameter*", "PutParameter"), ("parameter/{prefix}*",)),
    "states": (
        (
            *("Describe*", "GetExecutionHistory", "InvokeHTTPEndpoint", "ListExecutions"),
            *("RedriveExecution", "SendTask*", "StartExecution", "StartSyncExecution", "StopExecution"),
        ),
        ("execution:{prefix}*", "express:{prefix}*", "stateMachine:{prefix}*"),
    ),
}
# AWS knows no resource for these: their policies must say "*", and the boundary keeps them harmless.
WITHOUT_RESOURCE = (
    "cloudwatch:PutMetricData",
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    "logs:ListLogDeliveries",
    "xray:GetSampling*",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
# Beyond what roles may do: what can be named, pointed at and subscribed to.
_NAMED = {
    "cloudwatch": ("alarm:{prefix}*", "dashboard/{prefix}*"),
    "iam": ("role/{prefix}*", "policy/{prefix}*"),
    "kms": ("alias/{prefix}*",),
    "lambda": ("layer:{prefix}*",),
    "pipes": ("pipe/{prefix}*",),
    "scheduler": ("schedule-group/{prefix}*", "schedule/{prefix}*/*"),
}
_WITHOUT_REGION = {"iam": ":{account}:", "s3": "::"}
_VARIABLE = re.compile(r"\$\{[^}]*\}?")


def covered(facts: Facts) -> tuple[str, ...]:
    """The ARN patterns of everything that bears the extension's prefix, in this account and region."""
    found = []
    for table in ({name: resources for name, (_, resources) in BOUNDARY.items()}, _NAMED):
        for service, resources in table.items():
            place = _WITHOUT_REGION.get(service, "{region}:{account}:")
            found += [facts.fill(f"arn:{{partition}}:{service}:{place}{resource}") for resource in resources]
    return tuple(found)


def within(pattern: str, allowed: Iterable[str]) -> bool:
    """Whether every text that a pattern matches is matched by one of the allowed patterns.

    Policy variables (`${aws:username}`) may stand for any text. Where it says yes, it is so.
    """
    widened = _VARIABLE.sub("*", pattern)
    return any(included(widened, candidate) for candidate in allowed)


@lru_cache(maxsize=20_000)
def included(pattern: str, allowed: str) -> bool:
    """Whether the language of one pattern (`*`: any text, `?`: any sign) is part of another's."""
    states = {0}
    for sign in pattern:
        states = _closed(states, allowed)
        following = set()
        for place in states:
            if place >= len(allowed):
                continue
            wanted = allowed[place]
            if wanted == "*":
                following.add(place)
            elif sign != "*" and (wanted == "?" or wanted == sign):
                following.add(place + 1)
        states = following
        if not states:
            return False
    return len(allowed) in _closed(states, allowed)


def _closed(states: set[int], allowed: str) -> set[int]:
    """The states with those that a `*` for nothing leads to."""
    found = set(states)
    for place in states:
        while place < len(allowed) and allowed[place] == "*":
            place += 1
            found.add(place)
    return found


@lru_cache(maxsize=20_000)
def overlap(first: str, second: str) -> bool:
    """Whether some text is matched by both patterns."""
    if not first or not second:
        return not (first or second).strip("*")
    if first[0] == "*":
        return overlap(first[1:], second) or overlap(first, second[1:])
    if second[0] == "*":
        return overlap(second, first)
    same = first[0] == second[0] or "?" in (first[0], second[0])
    return same and overlap(first[1:], second[1:])
