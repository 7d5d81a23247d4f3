"""How wide text is: an upper bound, and lines that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from presso.catalog.pictures.lettering import fitted_lines, width


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("two words here", ["two words", "here"]),
        ("OrderManager.WaitingCompletion", ["OrderManager.", "Waiting", "Completion"]),
        ("average-of-the-last", ["average-of-", "the-last"]),
        ("x" * 30, ["x" * 13, "x" * 13, "x" * 4]),
        ("", []),
    ],
)
def test_text_is_broken_between_words_then_within_names_then_anywhere(text: str, lines: list[str]) -> None:
    assert fitted_lines(text, 110, 13) == lines


@given(some.text(max_size=80), some.floats(20, 300))
def test_every_line_fits_and_no_sign_is_lost(text: str, room: float) -> None:
    lines = fitted_lines(text, room, 13, bold=True)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 13, bold=True) <= room for line in lines)
