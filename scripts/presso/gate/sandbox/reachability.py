"""Matches an extension's deployed policies against all other resources there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from presso import snapshot
from presso.gate.arn_patterns import WITHOUT_RESOURCE, included
from presso.gate.model import Facts
from presso.gate.policy_statements import Statement, Undecidable, statements
from presso.snapshot import Snapshot

_ARN = re.compile(r'"(arn:aws:[^"*]+)"')


def policies(found: Snapshot, facts: Facts) -> Iterator[tuple[str, str]]:
    """Each role or policy of the extension that allows something on others' resources, and the ARN.

    Boundaries and conditions are ignored: the policy itself must not reach that far.
    """
    beside = snapshot.outside(found, facts.prefix)
    own = re.compile(rf"[:/]{re.escape(facts.prefix)}")
    arns = {arn for arn in _ARN.findall(snapshot.text(beside)) if not own.search(arn)}
    arns -= {arn for arn in arns if arn.startswith("arn:aws:iam::aws:")}
    for name, value in found.items():
        kind, _, title = name.partition(" ")
        if not title.startswith(facts.prefix) or title == f"{facts.prefix}boundary":
            continue
        for document in _documents(kind, value):
            for statement in _allowing(document):
                yield from ((name, arn) for arn in sorted(arns) if _reaches(statement, arn, facts))


def _documents(kind: str, value: dict[str, Any]) -> Iterator[Any]:
    if kind == "role":
        yield from value["Inline"].values()
    elif kind == "policy":
        yield value["Document"]


def _allowing(document: Any) -> Iterator[Statement]:
    try:
        yield from (statement for statement in statements(document) if statement.allows)
    except Undecidable:
        return


def _reaches(statement: Statement, arn: str, facts: Facts) -> bool:
    service = arn.split(":")[2]
    for action in statement.texts("action"):
        free = any(included(action.lower(), known.lower()) for known in WITHOUT_RESOURCE)
        emits = action.lower() == "events:putevents" and arn == facts.bus_arn
        if free or emits or not fnmatchcase(service, action.lower().partition(":")[0]):
            continue
        if any(fnmatchcase(arn, re.sub(r"\$\{[^}]*\}", "*", each)) for each in statement.texts("resource")):
            return True
    return False
