"""What AWS sets by chance may be in a value, and chooses none."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import groups
from tests.presso.gate.test_corpora import broken_by_file, shown

from presso.gate import late_choices, predictions
from presso.gate.gate import Gate
from presso.gate.plan_entries import PlanEntries, PlanEntry
from presso.gate.planner import Planner
from presso.workspace import Workspace

FIRST = {"key": "7a3f", "version": 1, "label": "2026-11-28T03:00:00.000"}
OTHER = {"key": "85c0", "version": 17, "label": "2041-02-03T14:05:06.007"}


def entries(drawn: dict[str, Any], resource: Any, **more: Any) -> PlanEntries:
    """A key, a parameter, a table and a policy; in `resource` each name in braces is what AWS set."""
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Resource": resource}]})
    for name, value in drawn.items():
        policy = policy.replace(f"<{name}>", str(value))
    of = {
        "aws_kms_key.a": {"key_id": drawn["key"], "arn": f"arn:aws:kms:::key/{drawn['key']}"},
        "aws_ssm_parameter.a": {"version": drawn["version"]},
        "aws_dynamodb_table.a": {"stream_enabled": True, "stream_label": drawn["label"]},
        "aws_iam_role_policy.a": {"name": "a", "policy": policy, **more},
    }
    return {
        address: PlanEntry("", address.partition(".")[0], "a", "managed", values, {})
        for address, values in of.items()
    }


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:kms:::key/<key>",
        "arn:aws:ssm:::parameter/v<version>-1",
        ["<key>", "x<version>1<version>"],
        {"<label>": ["<version>", "11"]},
        json.dumps({"in": "<key>"}),
    ],
)
def test_a_value_may_have_in_it_what_aws_sets(resource: Any) -> None:
    assert [*predictions.unlike(entries(FIRST, resource), entries(OTHER, resource))] == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("<key>", "<key>*"),
        ("<version>", "<version><version>"),
        (["<key>"], ["<key>", "<key>"]),
        ("own", "*"),
        ({"<key>": "own"}, {"<key>": "*"}),
        ("<key>", "<version>"),
        (["<key>", "own"], ["<key>", "other"]),
        (1, True),
        ("<label>", "2041"),
    ],
)
def test_anything_else_that_differs_is_a_choice(ours: Any, theirs: Any) -> None:
    found = [*predictions.unlike(entries(FIRST, ours), entries(OTHER, theirs))]
    assert found == [("aws_iam_role_policy.a", "policy")]


def test_lists_may_be_in_the_order_of_what_aws_sets() -> None:
    ours, theirs = entries(FIRST, ["<key>", "8"]), entries(OTHER, ["8", "<key>"])
    assert [*predictions.unlike(ours, theirs)] == []


def test_a_resource_by_chance_is_a_choice() -> None:
    ours, theirs = entries(FIRST, "own"), entries(OTHER, "own")
    del theirs["aws_kms_key.a"]
    assert [*predictions.unlike(ours, theirs)] == [("aws_kms_key.a", "")]


def test_what_an_author_names_by_chance_is_a_choice() -> None:
    ours, theirs = entries(FIRST, "own", name="a-1"), entries(OTHER, "own", name="a-17")
    assert [*predictions.unlike(ours, theirs)] == []  # a version in a name: P1-043 requires names to be known
    theirs = entries(OTHER, "own", name="b")
    assert [*predictions.unlike(ours, theirs)] == [("aws_iam_role_policy.a", "name")]


def test_what_was_applied_may_differ_by_what_aws_set() -> None:
    late = [("aws_iam_role_policy.a", "policy")]
    ours = entries(FIRST, ["<key>", "own"])
    assert [*predictions.changed(ours, entries(OTHER, ["<key>", "own"]), late)] == []
    assert [*predictions.changed(ours, entries(OTHER, ["<key>", "*"]), late)] == late
    assert [*predictions.changed(ours, entries(OTHER, ["<key>", "*"]), [])] == []


@pytest.mark.slow
def test_other_predictions_find_choices_by_constructs_that_the_gate_does_not_know(
    workspace: Workspace, planner: Planner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(late_choices, "choices", lambda _: iter(()))
    (group,) = (each for each in groups("hostile") if each.name.endswith("that-other-predictions-show"))
    report = Gate(workspace, "plan", planner).check(str(group.write(tmp_path)))
    assert broken_by_file(report) == group.breaks, shown(report)
