"""Each kind of extension in tests/good/grouped/gallery.yaml passes the whole check by itself.

A kind takes five to ten seconds of computing. The suite tries one; `KINDS=all` tries all, with the cases of
tests/good/*.yaml, which the suite only plans; `KINDS=NAME,…` some.
"""

import os
from pathlib import Path

import pytest
from tests.presso.gate.conftest import Case, Group, cases, kinds
from tests.presso.gate.test_corpora import shown

from presso.gate.gate import Gate

_OF_THE_SUITE = "claim-check-in-a-bucket"


def _wanted() -> list[Case | Group]:
    found: list[Case | Group] = [*kinds(), *cases("good")]
    names = os.environ.get("KINDS", "")
    if names == "all":
        return found
    if names:
        return [kind for kind in found if kind.name in names.split(",")]
    return [kind for kind in found if kind.name == _OF_THE_SUITE]


def _id(kind: Case | Group) -> str:
    """With the others of the suite in one sandbox; many in as many as there are processes."""
    return kind.name if "KINDS" in os.environ else f"a sandbox/{kind.name}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", [pytest.param(kind, id=_id(kind)) for kind in _wanted()])
def test_a_kind_passes_the_whole_check_alone(kind: Case | Group, sandbox_gate: Gate, tmp_path: Path) -> None:
    report = sandbox_gate.check(str(kind.write(tmp_path)))
    assert not report.findings, shown(report)
    assert report.did is not None


def test_there_are_thirty_kinds() -> None:
    assert len({kind.name for kind in kinds()}) >= 30
