"""``data.aws_iam_policy_document``: the published provider's JSON, byte for byte.

Source: internal/service/iam/policy_model.go and policy_document_data_source.go, and for the order in
which sets are walked helper/schema/serialize.go of the plugin SDK.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from offline_aws import gojson
from offline_aws.handler_values import ResourceError, Values

_LISTS = {
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}
_TEXTS = {"version": "Version", "id": "Id", "sid": "Sid", "effect": "Effect"}


@dataclass
class Document:
    """A policy as it is merged: statements in the order and with the keys in which they are written."""

    version: str = ""
    identifier: str = ""
    statements: list[Values] = field(default_factory=list)

    def merge(self, other: Document) -> None:
        """Take over the other's id, a newer version and its statements; an equal sid replaces in place."""
        self.identifier = other.identifier or self.identifier
        self.version = max(self.version, other.version)
        for statement in other.statements:
            sid = statement.get("Sid")
            same = (index for index, kept in enumerate(self.statements) if sid and kept.get("Sid") == sid)
            index = next(same, None)
            if index is None:
                self.statements.append(statement)
            else:
                self.statements[index] = statement

    def content(self) -> Values:
        """What is written as JSON; empty parts are left out."""
        content = {"Version": self.version, "Id": self.identifier, "Statement": self.statements}
        return {key: value for key, value in content.items() if value}


def read(values: Values) -> Values:
    """The computed values for a configuration; ResourceError as the published one refuses."""
    merged = Document()
    _merge_sources(merged, values["source_policy_documents"] or [])
    merged.merge(_configured(values))
    for index, text in enumerate(values["override_policy_documents"] or []):
        if text is not None:
            merged.merge(_parsed(text, f"override document {index}"))
    content = merged.content()
    written = gojson.indented(content)
    return {
        "id": str(zlib.crc32(written.encode())),
        "json": written,
        "minified_json": gojson.compact(content),
    }


def _merge_sources(merged: Document, sources: list[str | None]) -> None:
    seen: set[str] = set()
    for index, text in enumerate(sources):
        if text is None:
            continue
        document = _parsed(text, f"source document {index}")
        for position, statement in enumerate(document.statements):
            sid = statement.get("Sid", "")
            if sid in seen:
                raise ResourceError(
                    f"writing IAM Policy Document: merging source document {index}: duplicate Sid ({sid}) in "
                    f"source_policy_documents (statement {position}). "
                    "Remove the Sid or ensure Sids are unique."
                )
            seen |= {sid} - {""}
        merged.merge(document)


def _configured(values: Values) -> Document:
    version = values["version"] or "2012-10-17"
    document = Document(version, values["policy_id"] or "")
    seen: set[str] = set()
    for block in values["statement"]:
        sid = block["sid"] or ""
        if sid in seen:
            raise ResourceError(
                f"writing IAM Policy Document: duplicate Sid ({sid}). "
                "Remove the Sid or ensure the Sid is unique."
            )
        seen |= {sid} - {""}
        document.statements.append(_statement(block, sid, version))
    return document


def _statement(block: Values, sid: str, version: str) -> Values:
    statement: Values = {"Sid": sid, "Effect": block["effect"] or "Allow"}
    for key, name in _LISTS.items():
        given = _one_or_sorted(block[name] or [])
        replaced = "Resource" in key
        statement[key] = _with_variables(given, version, name) if replaced else given
    for key, name in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        principals = [
            (item["type"], _with_variables(_one_or_sorted(item["identifiers"]), version, "identifiers"))
            for item in _as_set_walks(block[name] or [], _principal_serial)
        ]
        statement[key] = _principals(principals)
    conditions = [
        (item["test"], item["variable"], _with_variables(list(item["values"]), version, "values"))
        for item in _as_set_walks(block["condition"] or [], _condition_serial)
    ]
    statement["Condition"] = _conditions(conditions)
    return {key: value for key, value in statement.items() if value not in ("", None, [], {})}


def _one_or_sorted(items: Iterable[str]) -> Any:
    listed = sorted(items, reverse=True)
    return listed[0] if len(listed) == 1 else listed


def _with_variables(value: Any, version: str, what: str) -> Any:
    """``&{`` to ``${``, which HCL would have taken for itself."""
    for text in [value] if isinstance(value, str) else value:
        if version == "2008-10-17" and "&{" in text:
            raise ResourceError(
                f"reading {what}: found &{{ sequence in ({text}), "
                "which is not supported in document version 2008-10-17"
            )
    if isinstance(value, str):
        return value.replace("&{", "${")
    return [text.replace("&{", "${") for text in value]


def _principals(principals: list[tuple[str, Any]]) -> Any:
    if len(principals) == 1 and principals[0][0] == "*" and principals[0][1] in ("*", ["*"]):
        return "*"
    merged: Values = {}
    for kind, identifiers in principals:
        if isinstance(identifiers, str):
            before = merged.get(kind)
            if before is None:
                merged[kind] = identifiers
            else:
                merged[kind] = [*([before] if isinstance(before, str) else before), identifiers]
        else:
            before = merged.get(kind, [])
            before = [before] if isinstance(before, str) else before
            merged[kind] = [*before, *sorted(identifiers, reverse=True)]
    return dict(sorted(merged.items()))


def _conditions(conditions: list[tuple[str, str, Any]]) -> Values:
    merged: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in conditions:
        held = merged.setdefault(test, {}).setdefault(variable, [])
        held.extend([values] if isinstance(values, str) else values)
    return {
        test: {name: held[0] if len(held) == 1 else held for name, held in sorted(variables.items())}
        for test, variables in sorted(merged.items())
    }


def _parsed(text: str, what: str) -> Document:
    try:
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError(f"expected an object, got {type(content).__name__}")
        return _document(content)
    except ValueError as error:
        raise ResourceError(f"writing IAM Policy Document: merging {what}: {error}") from error


def _document(content: Values) -> Document:
    # Go matches the names of fields in any case.
    names = {key.lower(): value for key, value in content.items()}
    statements = names.get("statement") or []
    if not isinstance(statements, list):
        raise ValueError("Statement must be a list of statements")
    parsed = [_parsed_statement({key.lower(): value for key, value in item.items()}) for item in statements]
    return Document(names.get("version") or "", names.get("id") or "", parsed)


def _parsed_statement(names: Values) -> Values:
    statement: Values = {"Sid": names.get("sid") or "", "Effect": names.get("effect") or ""}
    for key in _LISTS:
        statement[key] = names.get(key.lower())
    for key in ("Principal", "NotPrincipal"):
        if names.get(key.lower()) is not None:
            statement[key] = _principals(_parsed_principals(names[key.lower()]))
    if names.get("condition") is not None:
        statement["Condition"] = _conditions(_parsed_conditions(names["condition"]))
    # Unlike a configured statement, an empty list was written on purpose and stays.
    return {key: value for key, value in statement.items() if value not in ("", None, {})}


def _parsed_principals(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, str):
        return [("*", ["*"])]
    if not isinstance(value, dict):
        raise ValueError(f"a principal must be a text or an object, got {value!r}")
    for kind, identifiers in value.items():
        listed = [identifiers] if isinstance(identifiers, str) else identifiers
        if not isinstance(listed, list) or any(not isinstance(item, str) for item in listed):
            raise ValueError(f"the identifiers of principal type {kind!r} must be texts")
    return list(value.items())


def _parsed_conditions(value: dict[str, dict[str, Any]]) -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []
    for test, variables in value.items():
        for name, values in variables.items():
            if isinstance(values, bool):
                found.append((test, name, "true" if values else "false"))
            elif isinstance(values, str | list):
                found.append((test, name, values))
    return found


def _as_set_walks(blocks: list[Values], serial: Any) -> list[Values]:
    """Blocks in the order in which the plugin SDK walks a set: by the hash of each, as text."""
    return sorted(blocks, key=lambda block: str(zlib.crc32(serial(block).encode())))


def _principal_serial(block: Values) -> str:
    identifiers = sorted(block["identifiers"], key=lambda text: str(zlib.crc32(f"{text};".encode())))
    return f"identifiers:{{{''.join(f'{text};' for text in identifiers)}}};type:{block['type']};"


def _condition_serial(block: Values) -> str:
    values = "".join(f"{text};" for text in block["values"])
    return f"test:{block['test']};values:({values});variable:{block['variable']};"
