"""What the prefix covers: patterns inside each other, and the boundary itself."""

import fnmatch
import json
import re
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presso.gate.arn_patterns import BOUNDARY, WITHOUT_RESOURCE, included, overlap, within
from presso.gate.model import Facts
from presso.gate.planner import Planner
from presso.units.extension_calls import calls

FACTS = Facts("wait", "nyc", "111111111111", "us-east-1")
PATTERNS = st.text("ab*?", max_size=7)
TEXTS = st.text("ab", max_size=8)


def matches(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)


@given(PATTERNS, PATTERNS, TEXTS)
def test_what_is_included_never_matches_more(inner: str, outer: str, text: str) -> None:
    if included(inner, outer) and matches(text, inner):
        assert matches(text, outer)


@given(PATTERNS, PATTERNS, TEXTS)
def test_patterns_that_match_one_text_overlap(first: str, second: str, text: str) -> None:
    if matches(text, first) and matches(text, second):
        assert overlap(first, second)


@given(PATTERNS, PATTERNS)
def test_patterns_overlap_only_where_some_text_matches_both(first: str, second: str) -> None:
    longest = len(first) + len(second)
    if overlap(first, second) and longest <= 8:
        texts = (text for size in range(longest + 1) for text in map("".join, product("ab", repeat=size)))
        assert any(matches(text, first) and matches(text, second) for text in texts)


@pytest.mark.parametrize("piece", ["*a", "a*b?", "?*", "**", "a"])
def test_patterns_of_thousands_of_signs_are_judged_at_once(piece: str) -> None:
    long = piece * 2000
    since = time.process_time()
    for other in ("*ab" * 1000, "b" * 4000, "*", long + "c", "c" + long):
        assert overlap(long, other) == overlap(other, long)
        included(long, other)
    assert included(long, long)
    assert time.process_time() - since < 2


@pytest.mark.parametrize(
    ("pattern", "inside"),
    [
        ("nyc--wait--orders", True),
        ("nyc--wait--*", True),
        ("nyc--wait--*-?", True),
        ("nyc--wait-*", False),
        ("nyc--wait*", False),
        ("nyc--wai?--*", False),
        ("*--wait--*", False),
        ("nyc--wait-times--orders", False),
        ("nyc--${aws:username}", False),
        ("nyc--wait--${aws:username}", True),
        ("*", False),
    ],
)
def test_a_neighbour_whose_name_begins_alike_is_outside(pattern: str, inside: bool) -> None:
    assert within(pattern, ["nyc--wait--*"]) == inside


@pytest.mark.slow
@pytest.mark.parametrize("region", ["eu-north-1", "us-gov-west-1", "cn-north-1"])
def test_the_gate_knows_the_context_and_lets_through_what_the_boundary_does(
    planner: Planner, tmp_path: Path, region: str
) -> None:
    facts = replace(Facts.made_up("drinks", source_prefix="cafe.extension."), region=region)
    called = calls(
        "drinks",
        {},
        facts.tenant_values,
        context="../../modules/extension-context",
        source="./inner",
        source_prefix=facts.source_prefix,
    )
    root = tmp_path / "drinks"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "main.tf.json").write_text('{"variable": {"context": {}}}')
    given = {"variable": {"context": {}}, "output": {"context": {"value": "${module.context.context}"}}}
    (root / "main.tf.json").write_text(json.dumps({**called, **given}))
    plan = planner.plan(root, facts)
    shown = plan["planned_values"]["outputs"]["extension"]["value"]
    assert shown["context"] == facts.variables["context"]
    (boundary,) = (
        change["change"]["after"]
        for change in plan["resource_changes"]
        if change["address"] == "module.extension.module.context.aws_iam_policy.default"
    )
    policy = boundary["policy"]
    assert boundary["arn"] == facts.boundary_arn
    allowed: dict[str, set[str]] = {}
    free: set[str] = set()
    resources: dict[str, set[str]] = {}
    for statement in json.loads(policy)["Statement"]:
        listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            service, name = action.split(":")
            if listed == ["*"]:
                free.add(action)
            elif action != "events:PutEvents":
                allowed.setdefault(service, set()).add(name)
                place = rf"arn:{facts.partition}:[a-z0-9]+:[a-z0-9-]*:[0-9]*:"
                resources.setdefault(service, set()).update(re.sub(place, "", found) for found in listed)
    assert free == set(WITHOUT_RESOURCE)
    assert allowed == {service: set(actions) for service, (actions, _) in BOUNDARY.items()}
    assert resources.pop("kms") == {"key/*"}  # only those of its own: the gate checks it
    expected = {name: {facts.fill(found) for found in them} for name, (_, them) in BOUNDARY.items() if them}
    assert resources == expected
