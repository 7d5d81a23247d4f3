"""Whether a text of a known form can match or avoid what a pattern asks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_patterns import languages
from event_patterns.matchers import Affix, AnyCase, Equals, Matcher, Wildcard

TIME = "^20[2-9][0-9]-(0[1-9]|1[0-2])T([01][0-9]|2[0-3]):[0-5]{1}[0-9]Z$"
STATE = "^.+-(DONE|LOST)$"


@pytest.mark.parametrize(
    ("forms", "matcher", "is_possible"),
    [
        (TIME, Affix("prefix", "2026-"), True),
        (TIME, Affix("prefix", "3026-"), False),
        (TIME, Affix("suffix", "Z"), True),
        (TIME, Affix("suffix", "+02:00"), False),
        (TIME, Wildcard("*T23:*"), True),
        (TIME, Wildcard("*T24:*"), False),
        (TIME, Wildcard("2026-1*3*T*"), False),
        (TIME, AnyCase("2026-12t09:30z"), True),
        (languages.UUID, Affix("prefix", "5c045f98-"), True),
        (languages.UUID, Affix("prefix", "5c045f98a"), False),
        (languages.UUID, Wildcard("*-*-*-*-*"), True),
        (languages.UUID, Wildcard("*-*-*-*-*-*"), False),
        (STATE, Affix("prefix", "nyc"), True),
        (STATE, Affix("suffix", "-done", any_case=True), True),
        (STATE, Affix("suffix", "-OPEN"), False),
        (STATE, Equals("-DONE"), False),
    ],
)
def test_a_form_can_match_or_not(forms: str, matcher: Matcher, is_possible: bool) -> None:
    assert languages.possible(forms, matcher) == is_possible


@pytest.mark.parametrize(
    ("forms", "unwanted", "is_avoidable"),
    [
        (languages.ANY, [Wildcard("*")], False),
        (languages.ANY, [Wildcard("*-*")], True),
        (languages.UUID, [Wildcard("*-*")], False),
        (languages.UUID, [Affix("prefix", "a")], True),
        (TIME, [Affix("prefix", "2")], False),
        (STATE, [Affix("suffix", "-DONE")], True),
        (STATE, [Affix("suffix", "-DONE"), Affix("suffix", "LOST")], False),
        (languages.ANY, [Equals(name) for name in ("a", "b", "")], True),
    ],
)
def test_a_form_can_avoid_or_not(forms: str, unwanted: list[Matcher], is_avoidable: bool) -> None:
    assert languages.avoidable(forms, tuple(unwanted)) == is_avoidable


@pytest.mark.parametrize(
    "text", ["abc", "^a", "^a?$", "^(a|b)+$", "^[^a]$", "^a{1,2}$", "^\\bx$", "^a\\$", "^(a$"]
)
def test_what_a_form_cannot_have_is_unsupported(text: str) -> None:
    with pytest.raises(languages.Unsupported):
        languages.forms_of(text)


@given(st.text("ab*", max_size=5).filter(lambda text: "**" not in text), st.text("ab", max_size=6))
def test_for_a_single_text_the_answer_is_the_matchers(asked: str, text: str) -> None:
    forms = f"^{re.escape(text)}$"
    assert languages.possible(forms, Wildcard(asked)) == Wildcard(asked).matches(text)
    assert languages.avoidable(forms, (Wildcard(asked),)) != Wildcard(asked).matches(text)
