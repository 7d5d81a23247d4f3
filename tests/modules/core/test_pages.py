"""The function that serves the pages: what it answers to requests of browsers."""

import base64
import gzip
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = '<!doctype html><meta name="bar" content="" /><script type="module" src="./assets/a-1.js"></script>'
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(code: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Send a request to the function, with a page and a script of its own."""
    site = tmp_path / "site"
    (site / "assets").mkdir(parents=True)
    for name in ("index", "barista"):
        (site / f"{name}.html").write_text(PAGE)
    (site / "assets" / "a-1.js").write_text("let coffee;")
    monkeypatch.setenv("USERS", "https://cognito-idp.us-east-1.amazonaws.com/")
    monkeypatch.setenv("SOCKETS", "wss://abc.execute-api.us-east-1.amazonaws.com/bar")
    monkeypatch.setenv("CLIENT", 'a"<b>')
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    pages = code("pages")
    monkeypatch.setattr(pages, "_SITE", site)

    def asked(route: str, file: str = "", **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        event = {"routeKey": route, "headers": named, "pathParameters": {"file": file} if file else None}
        answer = pages.handler(event, None)
        assert answer["isBase64Encoded"]
        return {**answer, "body": base64.b64decode(answer["body"])}

    return asked


def bar_in(page: bytes) -> dict[str, str]:
    """What a page knows of its bar."""
    found = re.search(r'name="bar" content="([^"]*)"', page.decode())
    assert found
    return dict(json.loads(html.unescape(found[1])))


def test_a_page_knows_its_bar_and_is_asked_for_again_each_time(ask: Ask) -> None:
    answer = ask("GET /")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["headers"]["cache-control"] == "no-cache"
    assert bar_in(answer["body"]) == {
        "tenant": "nyc",
        "client": 'a"<b>',
        "users": "https://cognito-idp.us-east-1.amazonaws.com/",
        "sockets": "wss://abc.execute-api.us-east-1.amazonaws.com/bar",
    }
    same = ask("GET /", if_none_match=answer["headers"]["etag"])
    assert (same["statusCode"], same["body"]) == (304, b"")


def test_on_the_local_aws_a_page_finds_all_at_its_own_address(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    known = bar_in(ask("GET /barista")["body"])
    assert (known["users"], known["sockets"]) == ("/", "/_aws/execute-api/abc/bar")


def test_an_asset_is_compressed_and_kept_for_good(ask: Ask) -> None:
    route = "GET /assets/{file}"
    plain, packed = ask(route, "a-1.js"), ask(route, "a-1.js", accept_encoding="gzip, br")
    assert packed["headers"]["content-encoding"] == "gzip"
    assert gzip.decompress(packed["body"]) == plain["body"] == b"let coffee;"
    for answer in (plain, packed):
        assert answer["headers"]["vary"] == "accept-encoding"
        assert answer["headers"]["cache-control"] == "public, max-age=31536000, immutable"
        assert answer["headers"]["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("file", ["a-2.js", "../index.html", "..", ".", "", "../../pages.py"])
def test_no_other_file_is_served(ask: Ask, file: str) -> None:
    assert ask("GET /assets/{file}", file)["statusCode"] == 404


@pytest.mark.parametrize("route", ["GET /", "GET /assets/{file}"])
def test_every_answer_has_the_security_headers_and_allows_nothing_foreign(ask: Ask, route: str) -> None:
    headers = ask(route, "none.js")["headers"]
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"].split() == [
        "'self'",
        "https://cognito-idp.us-east-1.amazonaws.com",
        "wss://abc.execute-api.us-east-1.amazonaws.com",
    ]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "max-age" in headers["strict-transport-security"]
    assert headers["permissions-policy"].startswith("camera=(self)")
