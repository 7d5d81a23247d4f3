"""The threat model and the reviewer's guide name the checks of today."""

import re
from pathlib import Path

from presso.gate.checks import all_checks

_ID = re.compile(r"\b[MPS][1-3]?-\d{3}\b")


def named(page: Path) -> set[str]:
    """The ids of checks in a page."""
    return set(_ID.findall(page.read_text()))


def test_the_threat_model_names_every_check_and_no_other(checkout: Path) -> None:
    assert named(checkout / "docs" / "threat-model.md") == set(all_checks())


def test_the_reviewers_guide_names_checks_that_exist_and_every_warning(checkout: Path) -> None:
    warnings = {check.id for check in all_checks().values() if check.severity == "warning"}
    assert warnings <= named(checkout / "docs" / "guides" / "reviewer.md") <= set(all_checks())
