"""What AWS computes, as the gate knows it, is what the offline provider predicts."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from offline_aws import OTHER_PREDICTIONS
from offline_aws.aws import Aws
from offline_aws.computed_values import COMPUTED, Predicted
from presso.gate import computed_attributes

AWS = Aws(cast(Any, SimpleNamespace(region="eu-west-1", account_id="111122223333")))
NAMES = ("name", "alarm_name", "bucket", "dashboard_name", "function_name", "layer_name")


def predicted(kind: str, argument: str, *, is_set: bool) -> tuple[set[str], set[str]]:
    """The attributes that are the same with each prediction, and those that are not."""
    values = {**dict.fromkeys(NAMES, "cups"), **({argument: is_set} if argument else {})}
    first, *others = (COMPUTED[kind](Predicted(AWS, name), values) for name in ("first", *OTHER_PREDICTIONS))
    differing = {name for name in first if any(first[name] != other.get(name) for other in others)}
    return {*first} - differing, differing


# What an alias of a state machine is follows from the versions that it names.
@pytest.mark.parametrize("kind", sorted({*COMPUTED, *computed_attributes.OF} - {"aws_sfn_alias"}))
def test_each_type_has_what_the_offline_provider_predicts(kind: str) -> None:
    known = computed_attributes.of(kind)
    same, differing = predicted(kind, known.if_set, is_set=True)
    assert differing == known.by_chance
    # An id that is the name itself is not computed there.
    assert {*known.from_names} - {"id"} <= same
    if known.if_set:
        same, differing = predicted(kind, known.if_set, is_set=False)
        assert differing == set()
        assert {*known.without} <= same
