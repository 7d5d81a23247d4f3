"""A report has nothing that identifies an account, a person or a request."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presso.verification.redaction import redacted

ACCOUNT = st.from_regex(r"[0-9]{12}", fullmatch=True)
NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{2,20}", fullmatch=True)


@given(ACCOUNT, NAME, NAME)
def test_a_principal_is_replaced(account: str, role: str, session: str) -> None:
    words = (
        f"User: arn:aws:sts::{account}:assumed-role/{role}/{session} is not authorized to perform: sqs:Send"
    )
    assert redacted(words) == (
        "User: arn:aws:sts::<account>:<principal> is not authorized to perform: sqs:Send"
    )


@given(ACCOUNT)
def test_an_account_is_replaced_in_an_arn(account: str) -> None:
    assert redacted(f"arn:aws:sqs:us-east-1:{account}:q") == "arn:aws:sqs:us-east-1:<account>:q"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Request ID: 8f14e45f-ceea-467f-a9d2-1b0c1c1e1f10", "Request ID: <id>"),
        ("RequestId: eXaMpLe0123= expired", "RequestId: <id> expired"),
        ("key AKIAIOSFODNN7EXAMPLE is wrong", "key <key> is wrong"),
        ("token " + "Ab1/" * 30, "token <token>"),
        ("in o-exampleorgid1", "in <organization>"),
        ("of anna@example.com", "of <address>"),
        ("from 203.0.113.7", "from <host>"),
        ("Rule must have a pattern", "Rule must have a pattern"),
        ("at least 128 MB, 3.5 s", "at least 128 MB, 3.5 s"),
    ],
)
def test_what_identifies_is_replaced(words: str, left: str) -> None:
    assert redacted(words) == left


def test_names_of_the_run_are_replaced() -> None:
    assert redacted("bus verify-0a1b2c3d--1-bus", "verify-0a1b2c3d") == "bus <own>--1-bus"


@given(st.text())
def test_no_text_keeps_twelve_digits(text: str) -> None:
    assert not re.search(r"(?<!\d)\d{12}(?!\d)", redacted(text + "123456789012"[: 12 if not text else 0]))
