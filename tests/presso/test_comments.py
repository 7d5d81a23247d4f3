"""Code without its comments."""

import pytest

from presso.comments import without_comments


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("a // b\nc", "a  \nc"),
        ("a/* b */c", "a c"),
        ("a /* b\n\nc */ d", "a \n\n d"),
        ("a /* b\nc", "a \n"),
        ("const url = 'https://example.com';", "const url = 'https://example.com';"),
        ("const path = '//a';", "const path = '//a';"),
        ("", ""),
    ],
)
def test_a_comment_goes_its_lines_stay_and_words_stay_apart(code: str, left: str) -> None:
    assert without_comments(code) == left
