"""Known vulnerabilities of packages, as OSV has them: of PyPI, npm and GitHub's advisories.

OSV gets names and versions, and nothing else. Its API: https://google.github.io/osv.dev/api/, the form of an
advisory: https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from presso.errors import PressoError
from presso.json_text import NotJson, loads
from presso.packages.contents import Dependency

ADDRESS = "https://api.osv.dev/v1"
_ANSWER_SECONDS = 30.0
_MOST_QUERIES = 1000
_MOST_BYTES = 32 * 1024**2
_HINT = "It needs a network. A proxy is set by HTTPS_PROXY, its certificate by SSL_CERT_FILE."


@dataclass(frozen=True)
class Vulnerability:
    """What is known of a package's version.

    Args:
        id: Its advisory.
        aliases: The advisory's other names, such as that of the CVE.
        summary: What it is, in a line; may be "".
        severity: In a word; may be "".
        fixed: The later versions without it.
    """

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        """As a report lists it."""
        names = ", ".join([self.id, *(alias for alias in self.aliases if alias.startswith("CVE-"))])
        severity = f" ({self.severity})" if self.severity else ""
        fixed = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no version is known to be fixed"
        return f"{names}{severity}: {self.summary or 'no summary'}; {fixed}"


def known(ecosystem: str, contents: Sequence[Dependency]) -> dict[Dependency, list[Vulnerability]]:
    """Return the known vulnerabilities of packages: of those that have any.

    Args:
        ecosystem: Where the packages are from, PYPI or NPM.
        contents: The packages.

    Raises:
        PressoError: OSV cannot be asked.
    """
    found = {}
    for start in range(0, len(contents), _MOST_QUERIES):
        asked = contents[start : start + _MOST_QUERIES]
        for content, ids in zip(asked, _ids(ecosystem, asked), strict=True):
            if ids:
                advisories = [_answer(f"/vulns/{urllib.parse.quote(each, safe='')}") for each in ids]
                found[content] = list(_vulnerabilities(advisories, ecosystem, content))
    return {content: each for content, each in found.items() if each}


def _ids(ecosystem: str, contents: Sequence[Dependency]) -> list[list[str]]:
    """The advisories of each package; an answer may have several pages."""
    found: list[list[str]] = [[] for _ in contents]
    pages = dict.fromkeys(range(len(contents)), "")
    while pages:
        queries = [_query(ecosystem, contents[index], page) for index, page in pages.items()]
        results = _answer("/querybatch", {"queries": queries}).get("results")
        if not isinstance(results, list) or len(results) != len(queries):
            raise _fault("it has another number of answers than there were questions")
        following = {}
        for index, result in zip(pages, map(_object, results), strict=True):
            found[index] += [str(each["id"]) for each in map(_object, result.get("vulns") or ())]
            if page := result.get("next_page_token"):
                following[index] = str(page)
        pages = following
    return found


def _query(ecosystem: str, content: Dependency, page: str) -> dict[str, Any]:
    query = {"package": {"ecosystem": ecosystem, "name": content.name}, "version": content.version}
    return {**query, "page_token": page} if page else query


def _vulnerabilities(
    advisories: Iterable[dict[str, Any]], ecosystem: str, content: Dependency
) -> Iterator[Vulnerability]:
    """A package's vulnerabilities, each once: it may have an advisory in each database."""
    seen: set[str] = set()
    for advisory in sorted(advisories, key=lambda each: (not each.get("summary"), str(each.get("id")))):
        names = [str(advisory.get("id")), *map(str, advisory.get("aliases") or ())]
        if advisory.get("withdrawn") or seen & {*names}:
            continue
        seen.update(names)
        yield Vulnerability(
            names[0],
            tuple(sorted(names[1:])),
            " ".join(str(advisory.get("summary") or "").split())[:200],
            str(_object(advisory.get("database_specific") or {}).get("severity") or "").lower()[:20],
            tuple(_fixed(advisory, ecosystem, content)),
        )


def _fixed(advisory: dict[str, Any], ecosystem: str, content: Dependency) -> list[str]:
    """The versions in which a package is fixed, after its own."""
    found = set()
    for affected in map(_object, advisory.get("affected") or ()):
        package = _object(affected.get("package") or {})
        if (package.get("ecosystem"), package.get("name")) != (ecosystem, content.name):
            continue
        for each in map(_object, affected.get("ranges") or ()):
            if each.get("type") != "GIT":
                found |= {str(event["fixed"]) for event in each.get("events") or () if "fixed" in event}
    return sorted((each for each in found if _order(each) > _order(content.version)), key=_order)


def _order(version: str) -> Version:
    """A version's place among others; those of npm are compared as PyPI's."""
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")


def _answer(path: str, question: dict[str, Any] | None = None) -> dict[str, Any]:
    """What OSV answers.

    Raises:
        PressoError: It cannot be reached, or answers something else.
    """
    data = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(ADDRESS + path, data, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            return _object(loads(answer.read(_MOST_BYTES).decode()))
    except urllib.error.HTTPError as error:
        error.close()
        raise _fault(f"HTTP status {error.code}") from error
    except urllib.error.URLError as error:
        raise _fault(str(error.reason)) from error
    except (OSError, http.client.HTTPException, NotJson, UnicodeDecodeError) as error:
        raise _fault(str(error)) from error


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _fault("it answers something else than OSV")
    return found


def _fault(why: str) -> PressoError:
    return PressoError(f"Vulnerabilities cannot be looked up at {ADDRESS}: {why}.", hint=_HINT)
