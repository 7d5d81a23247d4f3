"""No secret passes on to the page."""

from typing import Any

import pytest

from presso.dashboard.hidden_secrets import HIDDEN, without_secrets


@pytest.mark.parametrize(
    "name",
    ["TaskToken", "token", "tokens", "idToken", "clientSecret", "password", "passwd", "api_key", "code"],
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
    ],
)
def test_a_text_that_has_a_secret_is_shown_without_it(text: str) -> None:
    shown = without_secrets({"Message": text})["Message"]
    assert HIDDEN in shown
    for secret in ("AKIAIOSFODNN7EXAMPLE", "eyJ", "hunter2", "abcdefghijkl", "AAAAAA"):
        assert secret not in shown


@pytest.mark.parametrize(
    "value",
    [
        {"detail-type": "OrderManager.MakeOrder", "orderId": "o", "tokenised": 1, "barcode": "x", "count": 2},
        {"token": None, "secret": ""},
        ["https://example.com/a:b", 1.5, True, None],
    ],
)
def test_all_else_is_as_it_was(value: Any) -> None:
    assert without_secrets(value) == value
