"""Faults that pass by themselves: AWS throttles, another call is in progress, the network fails.

What the AWS SDK for Go repeats by itself, and Terraform's provider gives up on after some attempts:
https://github.com/aws/aws-sdk-go-v2/blob/main/aws/retry/standard.go
(`DefaultThrottleErrorCodes`, `DefaultRetryableErrorCodes`, `DefaultRetryableHTTPStatusCodes`), but for
`LimitExceededException`: EventBridge and Lambda also answer so when a quota is used up, which does not pass
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html#API_PutRule_Errors).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from presso import interruption
from presso.deployment.outcome import Outcome

CODES = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
        *("RequestThrottledException", "EC2ThrottledException", "TooManyRequestsException", "SlowDown"),
        *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
        *("RequestLimitExceeded", "BandwidthLimitExceeded", "PriorRequestNotComplete"),
        *("RequestTimeout", "RequestTimeoutException"),
        # Another call on the same rule, role or log group: the APIs of EventBridge, IAM and CloudWatch Logs.
        *("ConcurrentModificationException", "ConcurrentModification"),
        # Two writers of one lock (If-None-Match): https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        "ConditionalRequestConflict",
    }
)
_CODE = re.compile(r"\bapi error (\w+)")
_STATUS = re.compile(r"\bStatusCode: (500|502|503|504)\b")
# https://github.com/aws/smithy-go/blob/main/transport/http/client.go, RequestSendError
_NOT_SENT = "request send failed"
PAUSES = (5.0, 20.0, 60.0)


def fault(outcome: Outcome) -> str:
    """Return the fault for which a unit failed if that passes; "" for any other end."""
    errors = [each for each in outcome.diagnostics if each.severity == "error"]
    if outcome.result != "failed" or outcome.message or outcome.findings:
        return ""
    if not all(_is_transient(f"{each.summary} {each.detail}") for each in errors):
        return ""
    return next((each.summary for each in errors), "")


Attempt = TypeVar("Attempt", Outcome, Outcome | None)


def repeated(
    attempt: Callable[[], Attempt], waits: Callable[[float, str], None], over: Callable[[], bool]
) -> Attempt:
    """Return the outcome of the last attempt; a fault that passes is followed by another attempt.

    Args:
        attempt: Runs Terraform.
        waits: Called before each pause with its seconds and the fault.
        over: Whether there may be no further attempt, such as after Ctrl-C.
    """
    for pause in PAUSES:
        outcome = attempt()
        found = fault(outcome) if outcome else ""
        if not outcome or not found or over():
            return outcome
        waits(pause, found)
        if interruption.wait(pause) or over():
            return outcome
    return attempt()


def _is_transient(text: str) -> bool:
    if (codes := _CODE.findall(text)) and codes[-1] in CODES:
        return True
    return bool(_STATUS.search(text)) or (_NOT_SENT in text and not codes)
