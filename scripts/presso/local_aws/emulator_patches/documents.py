"""What the emulator lacks and presso keeps: operations of its own, and one store for all that they keep.

An operation gets a request's parameters and returns its answer, or None where the request is about something
else, which the emulator itself answers. The store is one more service for the emulator, which writes it to
its folder with the others.
"""

import copy
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app
from ministack.core.responses import AccountRegionScopedDict, json_response

from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
PATCHES.uses(app, "SERVICE_HANDLERS", "_loaded_modules", "_state_map")

Operation = Callable[[Json], Json | None]
_Handler = Callable[..., Awaitable[Response]]
_NAME = "presso_documents"
_kept = AccountRegionScopedDict()


class RequestRefused(Exception):
    """A request that AWS refuses with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def keep(kind: str, name: str, document: Json) -> Json:
    """Keep a document of the request's account and region, in place of one of the same name; return it."""
    _kept[kind, name] = document
    return document


def find(kind: str, name: str) -> Json | None:
    """Return a document, None if there is none."""
    found: Json | None = _kept.get((kind, name))
    return found


def found(kind: str, name: str, code: str = "ResourceNotFoundException") -> Json:
    """Return a document; refuses the request with the code if there is none."""
    document = find(kind, name)
    if document is None:
        raise RequestRefused(code, f"The specified resource does not exist: {name}")
    return document


def drop(kind: str, name: str, code: str = "ResourceNotFoundException") -> None:
    """Forget a document; refuses the request with the code if there is none."""
    found(kind, name, code)
    del _kept[kind, name]


def without_tags(document: Json) -> Json:
    """Return a document as the API shows it: its tags have calls of their own."""
    return {key: value for key, value in document.items() if key != "tags"}


def of_kind(kind: str) -> list[Json]:
    """Return all documents of a kind, in the order of their names."""
    return [document for key, document in sorted(_kept.items()) if key[0] == kind]


def answer(operation: Operation, body: bytes) -> Response | None:
    """Return an operation's answer to a request in JSON; None where the request is about something else."""
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return refusal("SerializationException", "The request is not valid JSON.")
    try:
        found = operation(given)
    except RequestRefused as refused:
        return refusal(refused.code, str(refused))
    return None if found is None else json_response(found)


def serve(service: str, operations: Mapping[str, Operation]) -> None:
    """Answer these operations of a service; the emulator answers its others, if it has the service.

    Args:
        service: The emulator's name for it.
        operations: By AWS's names.
    """
    original: _Handler | None = app.SERVICE_HANDLERS.get(service)

    async def handle(method: str, path: str, headers: Json, body: bytes, query_params: Json) -> Response:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        found = answer(operations[name], body) if name in operations else None
        if found is None and original is not None:
            return await original(method, path, headers, body, query_params)
        return found or refusal("UnknownOperationException", f"The local AWS does not have {name}.")

    app.SERVICE_HANDLERS[service] = handle


def tags(documents: Callable[[str], Json | None], owner: str, *, listed: bool) -> dict[str, Operation]:
    """Return the three operations for the tags of documents, which have them as `tags`.

    Args:
        documents: Returns the document with an ARN, None if it is none of them.
        owner: The parameter with the ARN; the others begin as it does.
        listed: Whether tags are a list of pairs in the API.
    """
    name, keys = ("tags", "tagKeys") if owner[0].islower() else ("Tags", "TagKeys")

    def about(change: Callable[[dict[str, str], Json], Json]) -> Operation:
        def operation(given: Json) -> Json | None:
            document = documents(given.get(owner, ""))
            return None if document is None else change(document["tags"], given)

        return operation

    def show(kept: dict[str, str], given: Json) -> Json:
        return {name: [{"Key": key, "Value": kept[key]} for key in sorted(kept)] if listed else kept}

    def add(kept: dict[str, str], given: Json) -> Json:
        kept.update(as_map(given.get(name)))
        return {}

    def remove(kept: dict[str, str], given: Json) -> Json:
        for key in given.get(keys, ()):
            kept.pop(key, None)
        return {}

    return {"ListTagsForResource": about(show), "TagResource": about(add), "UntagResource": about(remove)}


def as_map(given: Any) -> dict[str, str]:
    """Return tags as a map; APIs have them so, or as a list of pairs."""
    if isinstance(given, list):
        return {pair["Key"]: pair.get("Value", "") for pair in given}
    return dict(given or {})


def get_state() -> Json:
    """Return what is kept, for the emulator's folder."""
    return {"documents": copy.deepcopy(_kept)}


def load_persisted_state(data: Json) -> None:
    """Take back what was kept."""
    _kept.update(data["documents"])


@PATCHES.also
def _register() -> None:
    app._state_map[_NAME] = _NAME
    app._loaded_modules[_NAME] = sys.modules[__name__]
