"""What comes and goes in one tenant changes nothing else: no byte of configuration, no byte of state."""

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from presso import snapshot
from presso.snapshot import Snapshot

if TYPE_CHECKING:
    from tests.isolation.conftest import Stage

ALL = {"nyc", "nyc/order", "nyc/order-metrics", "nyc-order", "nyc-order/metrics", "nyc-order/order-metrics"}


def outside(unit: str, found: Snapshot) -> str:
    """What does not belong to an extension, or to a whole tenant, as text."""
    tenant, _, extension = unit.partition("/")
    own = re.compile(rf"[ /]{tenant}--{extension}--" if extension else rf"[ /]{tenant}(--|/|$)")
    return snapshot.text({name: value for name, value in found.items() if not own.search(name)})


def states_outside(unit: str, states: dict[str, bytes]) -> dict[str, bytes]:
    """The state files that do not belong to an extension, or to a whole tenant."""
    return {path: data for path, data in states.items() if not path.startswith(f"{unit}/")}


@pytest.mark.parametrize("unit", ["nyc/order", "nyc-order/metrics", "nyc"])
def test_what_goes_and_comes_back_leaves_everything_else_as_it_was(stage: "Stage", unit: str) -> None:
    before, states = stage.snapshot(), stage.states()
    gone = stage.run("destroy", unit, with_extensions=True)
    without, states_without = stage.snapshot(), stage.states()
    # Put back before anything is compared: the other tests need it.
    applied = stage.run("apply", *gone)
    again, states_again = stage.snapshot(), stage.states()

    assert set(gone) == {name for name in ALL if f"{name}/".startswith(f"{unit}/")}
    assert snapshot.text(without) == outside(unit, before)
    assert states_without == states_outside(unit, states)
    assert applied == dict.fromkeys(gone, "applied")
    assert outside(unit, again) == outside(unit, before)
    assert states_outside(unit, states_again) == states_outside(unit, states)
    assert again.keys() - _generated(again) == before.keys() - _generated(before)


def _generated(found: Snapshot) -> set[str]:
    """Things whose names AWS makes up."""
    return {name for name in found if name.startswith("event source mapping")}


def test_everything_that_is_deployed_belongs_to_one_unit_by_its_name(stage: "Stage") -> None:
    word = "[a-z]+(-[a-z]+)*"
    # What does not have its unit's name: a queue's own, a mapping's number, a bucket's place and its objects.
    more = rf"(--dead-letters| [0-9a-f-]{{36}}|-{stage.aws.account}-us-east-1(/.*)?)$"
    patterns = {
        unit: rf"[ /]{unit.replace('/', '--')}--{word}" if "/" in unit else rf"[ /]{unit}(--{word})?"
        for unit in ALL
    }
    for name in stage.snapshot():
        thing = re.sub(more, "", name)
        owners = [unit for unit, pattern in patterns.items() if re.search(f"{pattern}$", thing)]
        assert len(owners) == 1, (name, owners)


def test_no_boundary_reaches_what_is_not_its_own(stage: "Stage") -> None:
    found = stage.snapshot()
    things = {name: value for name, value in found.items() if not name.startswith("policy ")}
    arns = set(re.findall(r'"(arn:aws:[^"*]+)"', snapshot.text(things)))
    for unit in (name for name in ALL if "/" in name):
        prefix = unit.replace("/", "--")
        boundary = found[f"policy {prefix}--boundary"]["Document"]
        allowed = {
            resource: statement
            for statement in boundary["Statement"]
            for resource in statement["Resource"]
            # Those are of no named resource; conditions hold them.
            if statement["Sid"] not in ("deliveries", "metrics", "keys", "traces")
        }
        reached = {arn for arn in arns if any(fnmatchcase(arn, resource) for resource in allowed)}
        bus = next(arn for arn in arns if arn.endswith(f":event-bus/{unit.partition('/')[0]}"))
        assert bus in reached
        assert [arn for arn in reached - {bus} if not re.search(rf"[:/]{prefix}--", arn)] == []
        assert any(arn.endswith(f":table/{prefix}--counters") for arn in reached)
