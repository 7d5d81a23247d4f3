"""Terraform's output, line by line."""

import json
from typing import Any

import pytest

from presso.terraform.json_stream import Changes, Diagnostic, PlannedChange, Transcript


def resource(address: str) -> dict[str, Any]:
    return {"resource": {"addr": address}}


def message(kind: str, **rest: Any) -> str:
    return json.dumps({"@level": "info", "@message": "…", "type": kind, **rest})


def read(*lines: str) -> Transcript:
    transcript = Transcript()
    for line in lines:
        transcript.read(line)
    return transcript


def step(kind: str, address: str, action: str = "create") -> str:
    return message(kind, hook={**resource(address), "action": action})


def test_planned_changes_are_noted_without_data_sources() -> None:
    transcript = read(
        message("planned_change", change={**resource("a.b"), "action": "create"}),
        message("planned_change", change={**resource("data.x.y"), "action": "read"}),
        message("resource_drift", change={**resource("c.d"), "action": "update"}),
    )
    assert transcript.planned == [PlannedChange("create", "a.b")]
    assert transcript.drifted == [PlannedChange("update", "c.d")]


def test_summaries_of_plan_and_apply_are_kept_apart() -> None:
    counts = {"add": 3, "change": 2, "remove": 1}
    transcript = read(
        message("change_summary", changes={**counts, "operation": "plan"}),
        message("change_summary", changes={**counts, "add": 1, "operation": "apply"}),
    )
    assert transcript.plan == Changes(3, 2, 1)
    assert transcript.applied == Changes(1, 2, 1)


def test_steps_are_counted_when_they_end_and_shown_while_they_last() -> None:
    transcript = read(step("apply_start", "a.a"), step("apply_start", "a.b"), step("apply_complete", "a.a"))
    assert (transcript.done, transcript.current) == (1, ["a.b"])


def test_a_step_that_failed_is_over_but_not_done() -> None:
    transcript = read(step("apply_start", "a.a"), step("apply_errored", "a.a"))
    assert (transcript.done, transcript.current) == (0, [])


def test_reading_a_data_source_is_not_a_step() -> None:
    transcript = read(step("apply_start", "data.a.a", "read"), step("apply_complete", "data.a.a", "read"))
    assert (transcript.done, transcript.current) == (0, [])


def test_a_diagnostic_has_its_place_and_comes_once() -> None:
    line = message(
        "diagnostic",
        diagnostic={
            "severity": "error",
            "summary": "No milk",
            "detail": "none left",
            "address": "a.b",
            "range": {"filename": "main.tf", "start": {"line": 7}},
        },
    )
    expected = Diagnostic("error", "No milk", "none left", "a.b", "main.tf", 7)
    assert read(line, line).errors == [expected]


def test_a_warning_is_not_an_error() -> None:
    transcript = read(message("diagnostic", diagnostic={"severity": "warning", "summary": "old"}))
    assert transcript.errors == []
    assert len(transcript.diagnostics) == 1


@pytest.mark.parametrize("line", ["panic: oh no", "{", "[]", "null", '"text"', '{"type": []}'[:-3]])
def test_what_is_not_a_message_is_kept_for_the_error(line: str) -> None:
    assert read(line).stray == [line]


@pytest.mark.parametrize("line", ["", "  ", message("version"), message("something_new", x=1)])
def test_what_does_not_matter_is_passed_over(line: str) -> None:
    assert read(line) == Transcript()


@pytest.mark.parametrize(
    ("summary", "asks"),
    [
        ('Backend initialization required, please run "terraform init"', True),
        ("Module not installed", True),
        ("Module source has changed", True),
        ("Required plugins are not installed", True),
        ("Inconsistent dependency lock file", True),
        ("Error acquiring the state lock", False),
        ("creating SQS Queue", False),
    ],
)
def test_it_is_known_when_terraform_asks_for_init(summary: str, asks: bool) -> None:
    assert (
        read(message("diagnostic", diagnostic={"severity": "error", "summary": summary})).asks_for_init
        is asks
    )


def test_who_holds_a_lock_is_read_from_the_detail() -> None:
    detail = (
        "Error message: resource temporarily unavailable\nLock Info:\n  ID:        a6358cf0\n"
        "  Path:      x.tfstate\n  Operation: OperationTypeApply\n  Who:       me@here\n"
        "  Version:   1.11.4\n  Created:   2026-11-24 01:59:41 +0000 UTC\n  Info:      \n\nTerraform acquires"
    )
    lock = Diagnostic("error", "Error acquiring the state lock", detail).lock
    assert lock == {
        "ID": "a6358cf0",
        "Operation": "OperationTypeApply",
        "Who": "me@here",
        "Created": "2026-11-24 01:59:41 +0000 UTC",
    }


def test_a_lock_error_without_its_holder_is_still_one() -> None:
    assert Diagnostic("error", "Error acquiring the state lock", "S3 returned 412").lock
    assert not Diagnostic("error", "creating SQS Queue", "ID: x").lock


def test_a_registry_that_does_not_answer_is_distinguished_from_a_missing_version() -> None:
    summary = "Failed to query available provider packages"

    def lacks(detail: str) -> bool:
        diagnostic = {"severity": "error", "summary": summary, "detail": detail}
        return read(message("diagnostic", diagnostic=diagnostic)).lacks_providers

    assert lacks(
        "could not connect to registry.terraform.io: failed to request discovery document: no such host"
    )
    assert not lacks("no available releases match the given constraints ~> 7.0")


def test_providers_that_no_registry_gives_are_named() -> None:
    detail = "Could not retrieve the list of available versions for provider hashicorp/tls: no such host"
    diagnostic = {
        "severity": "error",
        "summary": "Failed to query available provider packages",
        "detail": detail,
    }
    assert read(message("diagnostic", diagnostic=diagnostic)).providers_not_found == ["hashicorp/tls"]
