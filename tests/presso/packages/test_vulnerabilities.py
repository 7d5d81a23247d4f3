"""Known vulnerabilities, asked of a server that answers as OSV does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from presso.errors import PressoError
from presso.packages import vulnerabilities
from presso.packages.contents import NPM, PYPI, Dependency

JINJA, SIX = Dependency("jinja2", "2.4.1", "BSD"), Dependency("six", "1.17.0", "MIT")
ESCAPE = {
    "id": "GHSA-462w-v97r-4m45",
    "aliases": ["CVE-2019-10906", "PYSEC-2019-217"],
    "summary": "Jinja2 sandbox escape via string formatting",
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]},
                {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "9a9b5e2"}]},
            ],
        },
        {
            "package": {"ecosystem": "npm", "name": "jinja2"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "3.0.0"}]}],
        },
    ],
}
AGAIN = {"id": "PYSEC-2019-217", "aliases": ["CVE-2019-10906", "GHSA-462w-v97r-4m45"]}
UNFIXED = {"id": "MAL-2024-1", "summary": "Malicious\ncode"}
WITHDRAWN = {"id": "GHSA-0000-0000-0000", "summary": "an error", "withdrawn": "2024-01-01T00:00:00Z"}


class Osv:
    """What it answers: the status, by path what; and the questions that it was asked."""

    status = 200

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answers: dict[str, list[Any]] = {}


@pytest.fixture
def osv(monkeypatch: pytest.MonkeyPatch) -> Iterator[Osv]:
    of = Osv()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(of.status)
            self.end_headers()
            self.wfile.write(json.dumps(of.answers[self.path].pop(0)).encode())

        def do_POST(self) -> None:
            of.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(vulnerabilities, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
        yield of
        server.shutdown()
        thread.join()


def listed(*advisories: dict[str, Any], page: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {"vulns": [{"id": each["id"]} for each in advisories]}
    return {**result, "next_page_token": page} if page else result


def test_each_vulnerability_is_reported_once_with_its_names_and_where_it_is_fixed(osv: Osv) -> None:
    osv.answers["/querybatch"] = [{"results": [listed(ESCAPE, AGAIN, WITHDRAWN), {}]}]
    osv.answers |= {f"/vulns/{each['id']}": [each] for each in (ESCAPE, AGAIN, WITHDRAWN)}
    found = vulnerabilities.known(PYPI, [JINJA, SIX])
    assert {content: list(map(str, each)) for content, each in found.items()} == {
        JINJA: [
            "GHSA-462w-v97r-4m45, CVE-2019-10906 (high): Jinja2 sandbox escape via string formatting; "
            "fixed in 2.10.1"
        ]
    }
    assert osv.asked == [
        {
            "queries": [
                {"package": {"ecosystem": "PyPI", "name": "jinja2"}, "version": "2.4.1"},
                {"package": {"ecosystem": "PyPI", "name": "six"}, "version": "1.17.0"},
            ]
        }
    ]


def test_answers_are_read_to_their_last_page(osv: Osv) -> None:
    osv.answers["/querybatch"] = [{"results": [listed(page="2"), {}]}, {"results": [listed(UNFIXED)]}]
    osv.answers["/vulns/MAL-2024-1"] = [UNFIXED]
    (known,) = vulnerabilities.known(NPM, [JINJA, SIX])[JINJA]
    assert str(known) == "MAL-2024-1: Malicious code; no version is known to be fixed"
    assert osv.asked[1]["queries"] == [
        {
            "package": {"ecosystem": "npm", "name": "jinja2"},
            "version": "2.4.1",
            "page_token": "2",
        }
    ]


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (503, {}, "HTTP status 503"),
        (200, [], "it answers something else than OSV"),
        (200, {"results": []}, "another number of answers"),
        (200, {"results": ["a"]}, "it answers something else than OSV"),
    ],
)
def test_an_answer_that_osv_does_not_give_is_an_error(osv: Osv, status: int, answer: Any, why: str) -> None:
    osv.status, osv.answers["/querybatch"] = status, [answer]
    with pytest.raises(PressoError, match=why):
        vulnerabilities.known(PYPI, [JINJA])


def test_without_a_network_the_error_names_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vulnerabilities, "ADDRESS", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(PressoError, match=r"looked up at http://127\.0\.0\.1:1: .*refused") as error:
        vulnerabilities.known(PYPI, [JINJA])
    assert "HTTPS_PROXY" in error.value.hint


def test_nothing_is_asked_where_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vulnerabilities, "ADDRESS", "http://127.0.0.1:1")
    assert vulnerabilities.known(PYPI, []) == {}
