"""Limits that AWS sets, each with its source.

Terraform modules repeat some of them; tests/modules/test_limits.py holds the two together.

What the published provider checks besides is with the offline provider, which checks the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# An entry of PutEvents, in bytes as `entry_bytes` counts them; a request, too:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
# AWS announced 1 MB in January 2026 (AWS Compute Blog, "More room to build"). Step Functions, which replays
# events and is a target, carries 256 KB, and so does EventBridge in China: more is not safe to send.
EVENT_BYTES = 256 * 1024
EVENTS_PER_CALL = 10  # the API reference of PutEvents

# Of a target's retry policy: the API reference of EventBridge, RetryPolicy, and of EventBridge Scheduler.
RETRY_SECONDS = (60, 86_400)
RETRY_ATTEMPTS = (0, 185)

# The API reference of EventBridge Schemas, CreateSchema.
SCHEMA_CHARACTERS = 100_000
SCHEMA_DESCRIPTION = 256

# The days of a log's retention, 0 for no end: the API reference of CloudWatch Logs, PutRetentionPolicy.
LOG_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
EXECUTION_HISTORY = 25_000

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space; a session
# policy is a parameter of AssumeRole in its API reference.
MANAGED_POLICY = 6144
ROLE_POLICY = 10_240
SESSION_POLICY = 2048
# The API reference of EventBridge, PutPermission; a bus's whole policy.
BUS_POLICY = 10_240
TARGETS_PER_RULE = 5

# Of a function's package, with its layers, and zipped when it is uploaded directly:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
PACKAGE_BYTES = 250 * 1024 * 1024
PACKAGE_ZIPPED_BYTES = 50 * 1024 * 1024

# Names and values of tags, and how many a resource has with them:
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
TAG_CHARACTERS = {"key": 128, "value": 256}
MOST_TAGS = 50
MOST_TAGS_OF = {"aws_s3_object": 10}
_TAG_SIGNS = frozenset("_.:/=+-@")

_TIME_BYTES = 14


def tag_fault(key: str, value: str) -> str:
    """Return why AWS rejects a tag; "" when it does not."""
    if key.lower().startswith("aws:"):
        return "aws: is reserved for AWS"
    for what, text in (("key", key), ("value", value)):
        if len(text) > TAG_CHARACTERS[what]:
            return f"its {what} has {len(text)} characters, AWS accepts {TAG_CHARACTERS[what]}"
        if refused := sorted({sign for sign in text if not _in_tags(sign)}):
            return f"its {what} has {' '.join(refused)}"
    return "" if key else "its key is empty"


def _in_tags(sign: str) -> bool:
    return sign.isalnum() or sign in _TAG_SIGNS or unicodedata.category(sign).startswith("Z")


# Functions of these runtimes can no longer be created (Lambda developer guide, "Deprecated runtimes").
RETIRED_RUNTIMES = re.compile(
    r"nodejs(4\.3|4\.3-edge|6\.10|8\.10|10\.x|12\.x|14\.x)?|python(2\.7|3\.6|3\.7)|ruby2\.[57]|java8|go1\.x"
    r"|dotnet(core\d\.\d|5\.0|7)|provided"
)
# Names that a function's environment may not set ("Using environment variables" there).
RESERVED_VARIABLES = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_(TASK_ROOT|RUNTIME_DIR)|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_SESSION_TOKEN"
    r"|AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)"
    r"|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY"
)


def entry_bytes(
    source: object, detail_type: object, detail: object, resources: object = (), *, has_time: bool = False
) -> int:
    """Return the size of an entry of PutEvents as EventBridge counts it; values that are not text count 0."""
    listed: Iterable[object] = resources if isinstance(resources, list | tuple) else ()
    texts = (source, detail_type, detail, *listed)
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str))
    return size + (_TIME_BYTES if has_time else 0)
