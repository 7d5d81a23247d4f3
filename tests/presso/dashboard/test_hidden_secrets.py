"""No secret passes on to the page."""

import json
from typing import Any

import pytest

from presso.dashboard.hidden_secrets import HIDDEN, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        *("TaskToken", "token", "tokens", "idToken", "clientSecret", "password", "passwd", "api_key", "code"),
        *(
            "x-api-key",
            "secretValue",
            "SecretString",
            "passwordHash",
            "privateKeyPem",
            "Set-Cookie",
            "pwd",
            "jwt",
        ),
    ],
)
def test_a_field_that_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert without_secrets({"detail": [{name: "s3cr3t"}]}) == {"detail": [{name: HIDDEN}]}
    assert without_secrets({name: {"deep": 1}}) == {name: HIDDEN}


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "a token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl was refused",
        "https://anna:hunter2@example.com/x",
        "Authorization: Bearer abcdefghijkl",
        f"AQC{'A' * 80}==",
        "password=hunter2",
        'refused: {"password": "hunter2", "n": 1}',
        json.dumps({"body": json.dumps({"password": "hunter2"})}),
        "https://b.s3.amazonaws.com/a?X-Amz-Signature=hunter2&X-Amz-Expires=9",
        "Authorization: Basic hunter2hunter2",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        f"ghp_{'A' * 40}",
        f"IQoJ{'A' * 300}",
        f"FwoG{'A' * 300}",
        "ASIAIOSFODNN7EXAMPLE",
        *(f"{form}{'A' * 40}" for form in ("gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xoxb-")),
        *(
            f"{name}=hunter2"
            for name in ("TOKEN", "\u017fecret", "S\u0131gnature", "api\u212aey", "Access-Key")
        ),
    ],
)
def test_a_text_that_has_a_secret_is_shown_without_it(text: str) -> None:
    shown = without_secrets({"Message": text})["Message"]
    assert HIDDEN in shown
    for secret in ("IAIOSFODNN7EXAMPLE", "eyJ", "hunter2", "abcdefghijkl", "AAAAAA"):
        assert secret not in shown


@pytest.mark.parametrize(
    "value",
    [
        {"detail-type": "OrderManager.MakeOrder", "orderId": "o", "tokenised": 1, "barcode": "x", "count": 2},
        {"token": None, "secret": ""},
        ["https://example.com/a:b", 1.5, True, None],
        ["Unexpected token: name", "The secret of good coffee: beans", "Basic coffee machines"],
    ],
)
def test_all_else_is_as_it_was(value: Any) -> None:
    assert without_secrets(value) == value


def test_a_key_that_is_a_secret_is_hidden_too() -> None:
    assert without_secrets({"AKIAIOSFODNN7EXAMPLE": 1}) == {HIDDEN: 1}


def test_what_may_repeat_in_the_form_of_a_secret_is_bounded_or_begins_in_one_place() -> None:
    # "-eyJ-eyJ…" of 256 KB took a minute: each place was the beginning of all that followed.
    text = "-eyJ" * 64_000
    assert without_secrets(text) == text
