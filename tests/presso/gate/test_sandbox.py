"""What only running an extension tells, and that running it does no harm."""

from pathlib import Path
from typing import Any

from presso.gate.checking import Gate
from presso.gate.rule import all_rules

from .test_corpora import broken, told


def test_what_only_running_tells_is_found_by_its_own_rule(running: Any, sandbox_gate: Gate, tmp_path: Path) -> None:
    report = sandbox_gate.check(str(running.write(tmp_path)))
    assert broken(report) == {running.breaks}, told(report)
    assert report.passed == (all_rules()[running.breaks].severity == "warning")
