"""Faults that pass by themselves are followed by another attempt; others are not."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.retries import standard

from presso.deployment import transient
from presso.deployment.outcome import Outcome
from presso.deployment.this_machine import ThisMachine
from presso.terraform.json_stream import Diagnostic
from presso.units.unit import Unit

# As the provider words them: aws-sdk-go-v2's OperationError around smithy's ResponseError around the API's.
CALL = "operation error SQS: CreateQueue, https response error StatusCode: {}, RequestID: 1, {}"
THROTTLED = CALL.format(400, "api error ThrottlingException: Rate exceeded")


def failed(*details: str, message: str = "") -> Outcome:
    diagnostics = [Diagnostic("error", f"creating SQS Queue: {detail}") for detail in details]
    return Outcome(Unit("nyc"), "failed", diagnostics=diagnostics, message=message)


def test_the_codes_are_those_that_the_sdks_repeat_without_quotas() -> None:
    sdk = {
        *standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        *standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    }
    assert sdk - transient.CODES == {"LimitExceededException"}
    assert transient.CODES - sdk == {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConditionalRequestConflict",
    }


@pytest.mark.parametrize(
    "detail",
    [
        THROTTLED,
        CALL.format(503, "api error ServiceUnavailable: try later"),
        CALL.format(409, "api error ConditionalRequestConflict: conflict"),
        'operation error SQS: CreateQueue, request send failed, Post "https://sqs": dial tcp: i/o timeout',
    ],
    ids=["throttling", "a server's error", "a lock that another takes", "the network"],
)
def test_a_fault_that_passes_is_recognised(detail: str) -> None:
    assert transient.fault(failed(detail)) == f"creating SQS Queue: {detail}"


@pytest.mark.parametrize(
    "outcome",
    [
        failed(CALL.format(403, "api error AccessDenied: no")),
        failed(CALL.format(400, "api error LimitExceededException: 300 rules")),
        failed(THROTTLED, CALL.format(400, "api error ValidationException: no")),
        failed(THROTTLED, message="The state is not saved."),
        failed(),
        Outcome(Unit("nyc"), "applied", diagnostics=[Diagnostic("warning", THROTTLED)]),
    ],
    ids=["a refusal", "a quota", "another fault as well", "a message of presso's", "no error", "a success"],
)
def test_any_other_end_is_final(outcome: Outcome) -> None:
    assert transient.fault(outcome) == ""


def test_attempts_end_with_the_first_success_or_the_last_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient, "PAUSES", (0.0, 0.0))
    said: list[str] = []

    def result(*ends: Outcome, over: bool = False) -> tuple[str, int]:
        left, said[:] = [*ends], []
        found = transient.repeated(lambda: left.pop(0), lambda _, fault: said.append(fault), lambda: over)
        return found.result, len(ends) - len(left)

    bad, good = failed(THROTTLED), Outcome(Unit("nyc"), "applied")
    assert (result(bad, good, good), len(said)) == (("applied", 2), 1)
    assert (result(bad, bad, bad, good), len(said)) == (("failed", 3), 2)
    assert (result(bad, good, over=True), len(said)) == (("failed", 1), 0)


@pytest.mark.parametrize(("target", "attempts"), [("aws", 2), ("local", 1)])
def test_only_a_unit_on_aws_is_repeated(monkeypatch: pytest.MonkeyPatch, target: str, attempts: int) -> None:
    monkeypatch.setattr(transient, "PAUSES", (0.0,))
    said: list[str] = []
    display = SimpleNamespace(waits=lambda unit, seconds, fault: said.append(fault))
    selection = SimpleNamespace(target=lambda unit: target)
    place: Any = SimpleNamespace(_selection=selection, command=SimpleNamespace(display=display))
    unit: Any = SimpleNamespace(
        unit=Unit("nyc"), done=3, action="apply", limit=SimpleNamespace(requested=False)
    )
    ends = [failed(THROTTLED), Outcome(Unit("nyc"), "unchanged")]
    outcome = ThisMachine._repeated(cast("ThisMachine", place), unit, lambda: ends.pop(0))
    assert (2 - len(ends), len(said)) == (attempts, attempts - 1)
    # What the first attempt has created counts.
    assert target == "local" or (outcome.result, outcome.changes.added) == ("applied", 3)
