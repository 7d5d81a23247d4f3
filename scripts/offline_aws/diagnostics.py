"""Errors of AWS and of handlers, as Terraform's diagnostics."""

from __future__ import annotations

import logging
from typing import Any

from offline_aws import protocol
from offline_aws.handler_values import ResourceError

_GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchKey",
    "NotFound",
    "NotFoundException",
    "ParameterNotFound",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
    "404",
}
"""Codes of AWS's services for a thing that does not exist."""


def is_gone(error: BaseException, codes: frozenset[str] | set[str] = frozenset()) -> bool:
    """Whether the error is AWS saying that the thing does not exist; ``codes`` adds a type's own."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    return code in _GONE or code in codes


def diagnose(error: Exception, doing: str) -> Any:
    """A diagnostic of an exception raised while ``doing`` something ("creating aws_sqs_queue (orders)")."""
    if isinstance(error, ResourceError):
        return protocol.diagnostic(f"{doing}: {error.summary}", error.detail, steps(error.path))
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return _of_aws(response, getattr(error, "operation_name", "?"), doing)
    if type(error).__module__.startswith("botocore"):
        return protocol.diagnostic(f"{doing}: {error}", _way_out(error))
    if isinstance(error, OSError):
        return protocol.diagnostic(f"{doing}: {error.strerror or error}: {error.filename or ''}".rstrip(": "))
    logging.getLogger(__name__).exception("%s", doing)
    return protocol.diagnostic(
        f"{doing}: {type(error).__name__}: {error}",
        "This is a bug of the offline AWS provider. Its server's log has the traceback.",
    )


_WITHOUT_HANDLER = (
    "Mock it (mock_provider or override_resource in terraform test, override_data for a data source), "
    "leave it out locally, or use the published hashicorp/aws, which needs the internet or a mirror: run "
    "presso with PRESSO_PROVIDER=published, Terraform without TF_CLI_CONFIG_FILE. To add a handler: "
    "docs/offline-provider.md, Add a resource type."
)


def lacks_handler(name: str) -> ResourceError:
    """The error of creating, changing or reading what has no handler; a data source's name has ``data.``."""
    return ResourceError(
        f"the offline AWS provider does not implement {name}: it only validates and "
        + ("mocks it" if name.startswith("data.") else "plans it"),
        detail=_WITHOUT_HANDLER,
    )


def planned_only(name: str) -> Any:
    """The warning of a plan with a type that has no handler."""
    detail = f"{name} is planned by its schema alone, and an apply of it fails. {_WITHOUT_HANDLER}"
    return protocol.diagnostic("Type that the offline AWS provider cannot apply", detail, warning=True)


def steps(path: str) -> tuple[str | int, ...]:
    """A dotted path with indexes, as the steps of a diagnostic's path."""
    return tuple(int(step) if step.isdigit() else step for step in path.split(".") if step)


def _of_aws(response: dict[str, Any], operation: str, doing: str) -> Any:
    error, metadata = response["Error"], response.get("ResponseMetadata", {})
    service, request = metadata.get("Service", "AWS"), metadata.get("RequestId", "none")
    status = metadata.get("HTTPStatusCode", "?")
    return protocol.diagnostic(
        f"{doing}: operation error {service}: {operation}, https response error StatusCode: {status}, "
        f"RequestID: {request}, api error {error.get('Code', '?')}: {error.get('Message', '')}"
    )


def _way_out(error: Exception) -> str:
    name = type(error).__name__
    if name in (
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
    ):
        return "Nothing answers there. Is the local AWS running, and AWS_ENDPOINT_URL its address?"
    return ""
