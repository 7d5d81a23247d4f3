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
        ("const any = '*/*'; // b\nc", "const any = '*/*';  \nc"),
        ('const any = "src/*"; /* b */', 'const any = "src/*";  '),
        ("const any = `/*\n*/ //`; // b", "const any = `/*\n*/ //`;  "),
        ('const quote = "\\"/*"; c /* b */', 'const quote = "\\"/*"; c  '),
        ("const quote = /['\"]/;\nc // b", "const quote = /['\"]/;\nc  "),
        ("", ""),
    ],
)
def test_a_comment_goes_its_lines_stay_and_words_stay_apart(code: str, left: str) -> None:
    assert without_comments(code) == left


def test_what_is_in_backquotes_goes_too_if_it_is_not_wanted() -> None:
    assert without_comments("a `b\n//` c // d", templates=False) == "a \n c  "


def test_many_quotes_are_read_once() -> None:
    for text in ('"\\', "'", "`", "/*", "//"):
        without_comments(text * 200_000)
