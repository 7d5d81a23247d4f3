"""A fleet on several machines: its changed units in shards of whole tenants, and one report of all."""

import json
from typing import TYPE_CHECKING

import pytest

from presso.deployment.decisions import Decision
from presso.deployment.shards import divided
from presso.units.unit import Unit

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def units(*names: str) -> list[Unit]:
    return [Unit.named(name) for name in names]


def test_shards_take_about_equally_long_and_hold_whole_tenants() -> None:
    changed = [Decision(unit, "update") for unit in units("a", "a/x", "b", "c", "d/x")]
    seconds = dict(zip(units("a", "a/x", "b", "c", "d/x"), (30.0, 40.0, 50.0, 25.0, 1.0), strict=True))
    found = divided(changed, seconds, 2)
    assert [shard.apply for shard in found] == [units("a", "a/x", "d/x"), units("b", "c")]
    assert [shard.seconds for shard in found] == [71.0, 75.0]


def test_there_are_no_more_shards_than_tenants_and_none_without_changes() -> None:
    changed = [Decision(Unit("a"), "create"), Decision(Unit("b", "x"), "destroy")]
    found = divided(changed, {}, 8)
    assert [(shard.apply, shard.destroy) for shard in found] == [(units("a"), []), ([], units("b/x"))]
    assert divided([], {}, 8) == []


@pytest.mark.slow
def test_the_matrix_has_what_an_apply_of_all_would_run(small: "Small") -> None:
    small.tenant("nyc", "cups")
    small.tenant("sfo")
    included = json.loads(small.here("matrix", "--shards", "2").stdout)["include"]
    assert [(each["apply"], each["destroy"]) for each in included] == [("nyc nyc/cups", ""), ("sfo", "")]
    assert small.here("apply", "--all").returncode == 0
    assert json.loads(small.here("matrix").stdout) == {"include": []}
    small.tenant("nyc")
    (shard,) = json.loads(small.here("matrix").stdout)["include"]
    assert (shard["shard"], shard["apply"], shard["destroy"]) == (1, "", "nyc/cups")
