"""The words that texts no longer use."""

from pathlib import Path

import pytest

from presso.project import words
from presso.project.generated import ROOT


def _uses(root: Path, file: str, text: str) -> list[str]:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return list(words.uses(root))


@pytest.mark.slow
def test_the_projects_texts_use_none() -> None:
    assert list(words.uses(ROOT)) == []


@pytest.mark.parametrize(
    ("file", "text", "use"),
    [
        ("README.md", "A title\n\nNobody reads it.", "README.md:3: Nobody: Nobody reads it."),
        ("docs/guides/a.md", "It is told.", "docs/guides/a.md:1: told: It is told."),
        (
            "scripts/a.py",
            "x = 1  # what stands there",
            "scripts/a.py:1: what stands: x = 1  # what stands there",
        ),
        (
            "scripts/b/a.py",
            '"""A text.\n\nWhoever reads it.\n"""',
            "scripts/b/a.py:3: Whoever: Whoever reads it.",
        ),
        ("scripts/a.py", 'error(f"{file} says no")', 'scripts/a.py:1: says: error(f"{file} says no")'),
        ("tests/a.py", "# nobody", "tests/a.py:1: nobody: # nobody"),
        ("tests/a.py", "\ndef test_it_says_no():", "tests/a.py:2: says: def test_it_says_no():"),
        ("scripts/a.py", "MOST_TOLD = 1", "scripts/a.py:1: MOST_TOLD: MOST_TOLD = 1"),
        ("scripts/a.py", "\nclass RunDeeds: ...", "scripts/a.py:2: RunDeeds: class RunDeeds: ..."),
        ("scripts/unit_deeds.py", "x = 1", "scripts/unit_deeds.py:1: deeds: x = 1"),
        ("tests/test_days.py", "x = 1", "tests/test_days.py:1: days: x = 1"),
    ],
    ids=[
        *("a page", "a guide", "a comment", "a docstring", "a message", "a test", "a test's name"),
        *("a constant", "a class", "a part of a file's name", "a file's name"),
    ],
)
def test_a_use_is_found_with_its_line(tmp_path: Path, file: str, text: str, use: str) -> None:
    assert _uses(tmp_path, file, text) == [use]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", "Run `told` and ``nobody says``."),
        ("scripts/a.py", "said = nobody(says=1)"),
        ("scripts/a.py", 'words = {"nobody": "told"}'),
        ("scripts/a.py", "error(f\"{file}: {f' ({nobody})' if nobody else ''} is wrong\")"),
        ("scripts/a.py", '"""A text.\n\n    Args:\n        told: The texts.\n"""'),
        ("tests/a.txt", "# nobody"),
        ("scripts/log_days.py", "days = 400"),
    ],
    ids=[
        *("code in a page", "names", "keys", "an expression in a text", "an argument", "another file"),
        "an ordinary word in a name",
    ],
)
def test_code_is_not_a_text(tmp_path: Path, file: str, text: str) -> None:
    assert _uses(tmp_path, file, text) == []


def test_a_replaced_word_is_refused_or_has_its_reason_in_the_glossary() -> None:
    replaced = {
        *("anonymity", "answers", "bar", "chaos", "checking", "days", "deeds", "dialect", "drift", "echoes"),
        *("fence", "foresight", "gaps", "ground", "kind", "making", "observation", "occasion", "performance"),
        *("possibility", "reach", "reaching", "readers", "shelf", "stage", "stands", "statements", "told"),
        *("surroundings", "throwaway", "transcript", "trial", "undeclared", "wellformed", "whatever"),
        *("wheres", "whole", "writing"),
    }
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    refused = words.NAMES | words.FILES
    assert [word for word in replaced if word not in refused and f"\n| {word}" not in glossary] == []


def test_every_exception_is_needed() -> None:
    for file, text, reason in words.ALLOWED:
        assert text in (ROOT / file).read_text(encoding="utf-8")
        assert reason
