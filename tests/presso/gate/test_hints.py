"""What a finding suggests is what was probably meant, and names the place."""

from pathlib import Path
from typing import Any

import pytest
from tests.presso.gate.conftest import Case

from presso.catalog.events import Catalog
from presso.errors import UsageError
from presso.gate.gate import Gate
from presso.gate.report import Finding

NAMED = '["OrderManager.OrderCompleted"]'


def found(gate: Gate, tmp_path: Path, change: dict[str, Any]) -> list[Finding]:
    """The findings on the extension drinks with a change."""
    return list(gate.check(str(Case("", "", "drinks", change).write(tmp_path))).findings)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("OrderManager.OrderComplete", "OrderManager.OrderCompleted"),
        ("ordermanager.order-completed", "OrderManager.OrderCompleted"),
        ("OrderManager.WaitingComplete", "OrderManager.WaitingCompletion"),
    ],
)
def test_a_pattern_and_the_catalog_suggest_the_same_event(
    written: str, meant: str, static_gate: Gate, tmp_path: Path, catalog: Catalog
) -> None:
    change = {"main.tf": {"replace": {NAMED: f'["{written}"]'}}}
    report = {each.check.id: each.found for each in found(static_gate, tmp_path, change)}
    assert report["P2-002"].endswith(f"Did you mean {meant}?")
    with pytest.raises(UsageError) as error:
        catalog.find(written)
    assert f"Did you mean {meant}?" in error.value.hint


def test_the_reason_is_that_of_the_event_which_the_pattern_names(static_gate: Gate, tmp_path: Path) -> None:
    change = {
        "main.tf": {"replace": {NAMED: f'{NAMED}\n    detail = {{ drnk = ["Tea"], eventID = ["nyc"] }}'}}
    }
    report = {each.check.id: each.found for each in found(static_gate, tmp_path, change)}
    assert "Did you mean eventId?" in report["P2-002"]


def test_an_alias_is_named_with_its_line(static_gate: Gate, tmp_path: Path) -> None:
    change = {"extension.yaml": {"replace": {"author:\n": "author: &me\n", "emits: []": "emits: *me"}}}
    (finding,) = found(static_gate, tmp_path, change)
    text = (tmp_path / "drinks" / "extension.yaml").read_text().splitlines()
    assert (finding.check.id, text[finding.line - 1]) == ("S-001", "emits: *me")
    assert finding.found == "it repeats a part of itself: the alias *me"


def test_a_byte_order_mark_is_named(static_gate: Gate, tmp_path: Path) -> None:
    (finding,) = found(static_gate, tmp_path, {"more.tf": "\ufefflocals {\n}\n"})
    assert (finding.check.id, Path(finding.file).name, finding.line) == ("S-001", "more.tf", 1)
    assert "byte order mark" in finding.found


def test_dependencies_in_a_setting_of_a_tool_are_led_to_their_place(
    static_gate: Gate, tmp_path: Path
) -> None:
    (finding,) = found(static_gate, tmp_path, {"src/pyproject.toml": "[project]\n"})
    assert (finding.check.id, "requirements.in" in finding.fix) == ("S-020", True)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("README.md", {"S-024": "README.md is UTF-16, not UTF-8"}),
        (
            "extension.yaml",
            {
                "M-001": "extension.yaml cannot be read: it is UTF-16, not UTF-8",
                "S-024": "extension.yaml is UTF-16, not UTF-8",
            },
        ),
        ("more.py", {"S-023": "more.py is UTF-16, not UTF-8"}),
        ("more.tf", {"S-001": "it is UTF-16, not UTF-8"}),
    ],
)
def test_a_text_that_an_editor_of_windows_saved_is_named_by_its_encoding(
    name: str, found: dict[str, str], static_gate: Gate, tmp_path: Path
) -> None:
    folder = Case("", "", "drinks", {}).write(tmp_path)
    file = folder / name
    file.write_bytes((file.read_text() if file.exists() else "locals {\n}\n").encode("utf-16"))
    report = static_gate.check(str(folder))
    assert {each.check.id: each.found for each in report.findings} == found
