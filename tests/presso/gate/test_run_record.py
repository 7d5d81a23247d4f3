"""What the report lists of a run."""

from presso.gate.run_record import Emitted, RunRecord


def test_declared_events_that_were_not_emitted_are_listed() -> None:
    record = RunRecord(declared=("Drinks.Counted", "Drinks.Whispered"))
    record.emitted[Emitted("nyc", "serverlesspresso.extension.drinks", "Drinks.Counted")] = 2
    assert record.as_json()["not emitted"] == ["Drinks.Whispered"]
    assert "emitted   2 x Drinks.Counted; declared and never emitted: Drinks.Whispered" in record.lines()


def test_nothing_is_listed_where_nothing_is_missing() -> None:
    assert "emitted   nothing" in RunRecord().lines()
