"""The ARN patterns within an extension's prefix, and whether a pattern stays within them.

`BOUNDARY` is what modules/extension-context allows roles; a test compares both.
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
            *("GetRecords", "GetShardIterator", "ListStreams", "PartiQL*", "PutItem", "Query", "Scan"),
            "UpdateItem",
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
# These have no resource in IAM: their policies must use "*", and the boundary keeps them harmless.
WITHOUT_RESOURCE = (
    "cloudwatch:PutMetricData",
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    "logs:ListLogDeliveries",
    "xray:GetSampling*",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
# In addition to what roles may do: resources that can be named, referenced and subscribed to.
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
_STARS = re.compile(r"\*+")


def covered(facts: Facts) -> tuple[str, ...]:
    """The ARN patterns of all resources with the extension's prefix, in this account and region."""
    found = []
    for table in ({name: resources for name, (_, resources) in BOUNDARY.items()}, _NAMED):
        for service, resources in table.items():
            place = _WITHOUT_REGION.get(service, "{region}:{account}:")
            found += [facts.fill(f"arn:{{partition}}:{service}:{place}{resource}") for resource in resources]
    return tuple(found)


def within(pattern: str, allowed: Iterable[str]) -> bool:
    """Whether every text that a pattern matches is matched by one of the allowed patterns.

    Policy variables (`${aws:username}`) may have any value. True is certain; False may be over-cautious.
    """
    widened = _VARIABLE.sub("*", pattern)
    return any(included(widened, candidate) for candidate in allowed)


class _Places:
    """A pattern (`*`: any text, `?`: any character) as an automaton with several states at a time.

    State `n` is before the pattern's character `n`. A set of states is one integer, a bit for each, so that a
    character costs a few integer operations for any pattern: there is no backtracking.
    """

    def __init__(self, pattern: str) -> None:
        signs = _plain(pattern)
        self.end = 1 << len(signs)
        self._of: dict[str, int] = {}
        for number, sign in enumerate(signs):
            self._of[sign] = self._of.get(sign, 0) | 1 << number
        self._star = self._of.pop("*", 0)
        self._any = self._of.pop("?", 0)
        self._single = (self.end - 1) & ~self._star

    def closed(self, places: int) -> int:
        """The states with those that are reached without a character: a `*` may match nothing."""
        return places | (places & self._star) << 1

    def after(self, sign: str, places: int) -> int:
        """The states after one character: only a `*` covers a `*`, and only `*` and `?` cover a `?`."""
        matching = self._of.get(sign, 0) | self._any if sign != "*" else 0
        return places & self._star | (places & matching) << 1

    def after_any(self, places: int) -> int:
        """The states after some character."""
        return places & self._star | (places & self._single) << 1

    def from_first(self, places: int) -> int:
        """The states after some text: the first one, and all that follow."""
        return (self.end << 1) - (places & -places)


def _plain(pattern: str) -> str:
    return _STARS.sub("*", pattern)


@lru_cache(maxsize=2_000)
def _places(pattern: str) -> _Places:
    return _Places(pattern)


@lru_cache(maxsize=20_000)
def included(pattern: str, allowed: str) -> bool:
    """Whether every text that one pattern matches is matched by another. A no may be over-cautious."""
    machine = _places(allowed)
    places = 1
    for sign in _plain(pattern):
        places = machine.after(sign, machine.closed(places))
        if not places:
            return False
    return bool(machine.closed(places) & machine.end)


@lru_cache(maxsize=20_000)
def overlap(first: str, second: str) -> bool:
    """Whether some text is matched by both patterns."""
    machine = _places(second)
    places = 1
    for sign in _plain(first):
        places = machine.closed(places)
        if not places:
            return False
        if sign == "*":
            places = machine.from_first(places)
        else:
            places = machine.after_any(places) if sign == "?" else machine.after(sign, places)
    return bool(machine.closed(places) & machine.end)
