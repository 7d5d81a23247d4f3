"""Tenants whose last day is over are noted, not created again, and destroyed by sweep."""

import json
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING

import pytest

from presso import tenants
from presso.deployment import state_files, unit_selection

if TYPE_CHECKING:
    from tests.presso.conftest import Small


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenants, "today", lambda *_: date(2026, 6, 1))


@pytest.mark.parametrize(
    ("ends", "over"), [("2026-05-31", True), ("2026-06-01", False), ("2027-01-01", False)]
)
def test_a_tenant_ends_with_its_last_day(small: "Small", ends: str, over: bool) -> None:
    small.tenant("nyc", ends=ends)
    assert tenants.load(small.workspace, "nyc").has_ended is over


@pytest.mark.parametrize(("hour", "over"), [(11, False), (12, True)])
def test_its_last_day_is_over_when_it_is_over_everywhere(
    monkeypatch: pytest.MonkeyPatch, hour: int, over: bool
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 6, 1, hour, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.undo()
    monkeypatch.setattr(tenants, "datetime", Clock)
    assert tenants.Tenant(name="nyc", title="T", ends="2026-05-31").has_ended is over


def test_one_that_has_ended_and_is_not_deployed_is_not_created_by_all(small: "Small") -> None:
    small.tenant("nyc", "cups", ends="2026-05-31")
    selection = unit_selection.select(small.workspace, "apply", [], everything=True)
    assert {unit.tenant for unit in selection.units} == {"sfo"}
    named = unit_selection.select(small.workspace, "apply", ["nyc"])
    assert [str(unit) for unit in named.units] == ["nyc"]


@pytest.mark.slow
def test_sweep_destroys_it_with_its_extensions_and_nothing_else(small: "Small") -> None:
    small.tenant("nyc", "cups")
    small.tenant("sfo")
    assert small.here("sweep").stdout == "No deployed tenant has ended.\n"
    small.run("apply")
    small.tenant("nyc", "cups", ends="2026-05-31")
    planned = small.here("plan", "nyc")
    assert "nyc ended on 2026-05-31. To destroy it: presso sweep" in planned.stderr
    swept = json.loads(small.here("sweep", "--json").stdout)
    assert {unit["unit"]: unit["result"] for unit in swept["units"]} == {
        "nyc": "destroyed",
        "nyc/cups": "destroyed",
    }
    assert [str(state.unit) for state in state_files.deployed(small.workspace)] == ["sfo"]
    assert json.loads(small.here("sweep", "--json").stdout)["units"] == []
