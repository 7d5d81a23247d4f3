"""The parameters that an operation has, by AWS's own description of it; a request may hold others.

AWS ignores those. The emulator looks for a resource's name in parameters of all of a service's operations, so
one that the operation has not would decide which resource a permission is asked for.
"""

import json
import re
from functools import cache
from typing import Any

from ministack.core import iam_actions

from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(iam_actions, _match_rest_action="service method path query_params")

_DESCRIBED = {"monitoring": "cloudwatch", "states": "stepfunctions"}
# Of which AWS takes one; the emulator, one for the permission and maybe another for the call.
_ALTERNATIVES = (
    {"logGroupName", "logGroupIdentifier", "logGroupIdentifiers", "logGroupNames"},
    {"TopicArn", "TargetArn", "PhoneNumber"},
)
# The emulator's permissions take a URL's last part for the queue, its calls the path.
_QUEUE_URL = re.compile(r"https?://[\w.:-]+/[0-9]{12}/[\w-]+(?:\.fifo)?", re.ASCII)


class Unclear(Exception):
    """There is no such operation, or its parameters contradict each other."""


def of_json(service: str, operation: str, body: bytes) -> bytes:
    """Return a body in JSON without parameters that the operation has not.

    Raises:
        Unclear: There is no such operation, or two parameters name its resource.
    """
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        return body  # the emulator refuses it
    shape = _operation(service, operation).input_shape
    return _kept(given, _names(shape, {None}), body)


def of_form(service: str, operation: str, given: Json) -> Json:
    """Return a form's fields without those that the operation has not. Parts of lists and maps are kept.

    Raises:
        Unclear: There is no such operation, or two fields name its resource.
    """
    own = {"Action", "Version", *_names(_operation(service, operation).input_shape, {None})}
    return {name: value for name, value in given.items() if "." in name or name in _checked(own, given)}


def of_rest(service: str, method: str, path: str, body: bytes, query: Json) -> tuple[bytes, Json]:
    """Return the body and the query of a REST request, each without what the operation has not there.

    Raises:
        Unclear: There is no such operation.
    """
    operation = iam_actions._match_rest_action(service, method, path, query)
    described = _operation(service, operation or "")
    shape = described.input_shape
    fixed = {part.partition("=")[0] for part in described.http["requestUri"].partition("?")[2].split("&")}
    asked = {name: query[name] for name in query if name in fixed | _names(shape, {"querystring"})}
    if shape is not None and shape.serialization.get("payload"):
        return body, asked
    own = _names(shape, {None})
    try:
        return (_kept(json.loads(body), own, body) if own and body else b""), asked
    except ValueError:
        return body, asked  # the emulator refuses it


def _kept(given: Any, own: set[str], body: bytes) -> bytes:
    if not isinstance(given, dict):
        raise Unclear
    kept = {name: value for name, value in given.items() if name in _checked(own, given)}
    return body if len(kept) == len(given) else json.dumps(kept).encode()


def _checked(own: set[str], given: Json) -> set[str]:
    for url in _listed(given.get("QueueUrl", ())):
        if not isinstance(url, str) or not _QUEUE_URL.fullmatch(url):
            raise Unclear
    if any(len(names & own & given.keys()) > 1 for names in _ALTERNATIVES):
        raise Unclear
    return own


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


@cache
def _service(name: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(name)


def _operation(service: str, operation: str) -> Any:
    described = _service(_DESCRIBED.get(service, service))
    if operation not in described.operation_names:
        raise Unclear
    return described.operation_model(operation)


def _names(shape: Any, places: set[str | None]) -> set[str]:
    """The names, on the wire, of the parameters in these places; None is the body."""
    members = shape.members.items() if shape is not None else ()
    return {
        member.serialization.get("name", name)
        for name, member in members
        if member.serialization.get("location") in places
    }
