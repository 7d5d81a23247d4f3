"""What a bucket of states keeps of many tenants."""

import threading

import pytest
from tests.patience import PATIENCE

from presso.tenants import StateBucket
from presso.units import state_bucket
from presso.units.unit import Unit


def test_tenants_are_listed_beside_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = threading.Barrier(2, timeout=PATIENCE)

    def units(_: StateBucket, tenant: str) -> list[Unit]:
        beside.wait()
        return [] if tenant == "lodi" else [Unit(tenant)]

    monkeypatch.setattr(state_bucket, "units", units)
    bucket = StateBucket(bucket="states")
    assert state_bucket.with_states(bucket, ["nyc", "lodi"]) == ["nyc"]
