"""Prints the records of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from presso import terminal
from presso.deployment.recorded_run import RecordedRun, RecordedUnit


def show_all(records: Sequence[RecordedRun], *, json_wanted: bool) -> None:
    """Print a line for each run."""
    if json_wanted:
        terminal.as_json({"runs": [record.as_json() for record in records]})
    elif not records:
        terminal.result("No run is recorded yet.")
    else:
        rows = [
            [each.id, each.began, each.action, str(each.total), each.result, _seconds(each.seconds)]
            for each in records
        ]
        header = ["run", "began (UTC)", "action", "units", "result", "time"]
        terminal.result(terminal.table(header, rows, right=(3, 5)))


def show_one(record: RecordedRun, *, json_wanted: bool) -> None:
    """Print a run."""
    if json_wanted:
        terminal.as_json(record.as_json())
        return
    counts = Counter(unit.result for unit in record.units)
    left_out = record.total - counts.total()
    parts = [f"{count} {result}" for result, count in counts.items()]
    parts += [f"{left_out} {'left out' if record.seconds is not None else 'not ended'}"] if left_out else []
    took = _seconds(record.seconds)
    terminal.result(f"{record.id}: {record.action}, {record.result}; began {record.began} UTC, took {took}")
    terminal.result(f"{record.total} unit{'' if record.total == 1 else 's'}: {', '.join(parts)}")
    for line in (*_failures(record), *_critical(record)):
        terminal.result(line)
    rows = [
        [unit.unit, unit.result, _seconds(unit.began), _seconds(unit.seconds), unit.log or "-"]
        for unit in record.units
    ]
    if rows:
        terminal.result(f"\n{terminal.table(['unit', 'result', 'after', 'time', 'log'], rows, right=(2, 3))}")


def _failures(record: RecordedRun) -> Iterator[str]:
    """Yield the cause of each failure, with the units that were not run because of it."""
    for unit in record.units:
        if unit.result not in ("failed", "interrupted"):
            continue
        yield f"\n{unit.unit} {unit.result}: {unit.cause or 'no cause is known'}"
        yield from (f"  repeated after: {fault}" for fault in unit.repeated)
        yield from [f"  log: {unit.log}"] if unit.log else []
        if blocked := [other.unit for other in record.units if other.blocked_by == unit.unit]:
            yield f"  not run because of it: {', '.join(blocked)}"


def _critical(record: RecordedRun) -> Iterator[str]:
    path: list[RecordedUnit] = record.critical_path
    if path:
        chain = " → ".join(f"{unit.unit} {_seconds(unit.seconds)}" for unit in path)
        yield f"\nCritical path: {chain} = {_seconds(sum(unit.seconds for unit in path))}"


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"
