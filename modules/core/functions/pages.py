"""Pages: serves what Vite has built of pages/, a page each for guests, baristas, displays and admins.

The name of an asset has a hash of its content, so browsers keep it for good; a page is asked for again each
time, and answered with 304 while it is the same. Sign-in is at Cognito, by the page itself.

Source: API Gateway developer guide, "Working with AWS Lambda proxy integrations for HTTP APIs": binary bodies
in base64; an HTTP API does not compress.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from headers import HEADERS

_SITE = Path(__file__).with_name("site")
_PAGES = {
    "GET /": "index.html",
    "GET /admin": "admin.html",
    "GET /barista": "barista.html",
    "GET /display": "display.html",
    "GET /journey": "journey.html",
}
_KINDS = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PLACE = 'name="bar" content=""'


def settings() -> dict[str, str]:
    """Return what a page must know before its first request.

    On the local AWS all of AWS is at the page's own address, whose name may differ from phone to laptop.
    """
    users, sockets = os.environ["USERS"], os.environ["SOCKETS"]
    if "AWS_ENDPOINT_URL" in os.environ:
        place = urlsplit(sockets)
        users, sockets = "/", f"/_aws/execute-api/{place.netloc.partition('.')[0]}{place.path}"
    return {
        "tenant": os.environ["TENANT"],
        "client": os.environ["CLIENT"],
        "users": users,
        "sockets": sockets,
    }


def policy() -> str:
    """Return the content security policy: nothing but the page's own files, its API, sockets and sign-in."""
    hosts = [urlsplit(url) for url in (os.environ["USERS"], os.environ["SOCKETS"])]
    places = " ".join(f"{host.scheme}://{host.netloc}" for host in hosts)
    allowed = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {places}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


@cache
def content(name: str) -> tuple[bytes, str]:
    """Return a file, compressed, and its tag; a page knows its bar."""
    text = (_SITE / name).read_bytes()
    if name.endswith(".html"):
        known = html.escape(json.dumps(settings()))
        text = text.replace(_PLACE.encode(), f'name="bar" content="{known}"'.encode())
    return gzip.compress(text, mtime=0), f'"{hashlib.sha256(text).hexdigest()[:32]}"'


@cache
def assets() -> frozenset[str]:
    """Return the names of the files that pages load."""
    return frozenset(path.name for path in (_SITE / "assets").iterdir())


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point."""
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    name, kept = _PAGES.get(event["routeKey"], ""), "no-cache"
    if not name:
        file = (event.get("pathParameters") or {}).get("file", "")
        if file not in assets():
            return _answer(404, {"cache-control": "no-store"})
        name, kept = f"assets/{file}", "public, max-age=31536000, immutable"
    packed, tag = content(name)
    headers = {"cache-control": kept, "etag": tag, "vary": "accept-encoding"}
    if tag in asked.get("if-none-match", ""):
        return _answer(304, headers)
    headers["content-type"] = f"{_KINDS[Path(name).suffix]}; charset=utf-8"
    if "gzip" in asked.get("accept-encoding", ""):
        return _answer(200, {**headers, "content-encoding": "gzip"}, packed)
    return _answer(200, headers, gzip.decompress(packed))


def _answer(status: int, headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    own = {
        "content-security-policy": policy(),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    }
    encoded = base64.b64encode(body).decode()
    return {
        "statusCode": status,
        "headers": {**HEADERS, **own, **headers},
        "body": encoded,
        "isBase64Encoded": True,
    }
