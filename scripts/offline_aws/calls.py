"""Handlers that are the same calls for every type: one call, tags, lists in pages, waiting for an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from offline_aws.aws import Aws
from offline_aws.diagnostics import is_gone
from offline_aws.handler_values import ResourceError, Values


def call(service: str, operation: str, **arguments: str) -> Callable[[Aws, Values], None]:
    """Return a handler that makes one call.

    Args:
        service: As botocore names it.
        operation: The client's method, such as `delete_queue`.
        arguments: For each argument of the call, the attribute whose value it gets.
    """

    def handle(aws: Aws, values: Values) -> None:
        found = {name: values[attribute] for name, attribute in arguments.items()}
        getattr(aws.client(service), operation)(**found)

    return handle


def tagging(
    service: str, owner: str, of: str = "arn", *, noun: str = "resource", form: Callable[..., Any] = dict
) -> Callable[[Aws, Values, dict[str, str], list[str]], None]:
    """Return a type's `tag`, for a service with the usual two calls.

    Args:
        service: As botocore names it.
        owner: The argument that names what is tagged; those for tags and keys begin as it does.
        of: The attribute with its value.
        noun: The end of the two calls' names: `tag_queue`, `untag_queue`.
        form: Returns the tags as the service wants them, such as `tag_list`.
    """
    tags, keys = ("tags", "tagKeys") if owner[0].islower() else ("Tags", "TagKeys")

    def tag(aws: Aws, values: Values, added: dict[str, str], removed: list[str]) -> None:
        client, owned = aws.client(service), {owner: values[of]}
        if removed:
            getattr(client, f"untag_{noun}")(**owned, **{keys: removed})
        if added:
            getattr(client, f"tag_{noun}")(**owned, **{tags: form(added)})

    return tag


def import_by(form: str, separator: str, *names: str) -> Callable[[Aws, str], Values]:
    """Return a type's `imports`, for identifiers of two parts.

    Args:
        form: The right form of an identifier, for the error.
        separator: What is between the parts, the last time.
        names: The attributes that the parts are, if they are more than the id.
    """

    def imports(aws: Aws, identifier: str) -> Values:
        first, _, last = identifier.rpartition(separator)
        if not first or not last:
            raise ResourceError(f"unexpected ID ({identifier})", detail=f"Expected {form}")
        return {"id": identifier, **dict(zip(names, (first, last), strict=False))}

    return imports


def items(
    request: Callable[..., Mapping[str, Any]], key: str, *, place: str = "nextToken", **arguments: Any
) -> Iterator[Values]:
    """Yield what a call lists, page after page.

    Args:
        request: The client's method.
        key: What the list is in the answer.
        place: The field of answer and call with the place of the next page.
        arguments: Of the call.
    """
    page = request(**arguments)
    yield from page[key]
    while following := page.get(place):
        page = request(**arguments, **{place: following})
        yield from page[key]


def wait_until_gone(aws: Aws, read: Callable[[], Mapping[str, Any]], what: str) -> None:
    """Wait until a call finds nothing any more.

    Args:
        aws: The operation.
        read: The call.
        what: What is awaited, for the error.

    Raises:
        ResourceError: The operation's time is over, or the user has interrupted Terraform.
    """
    from botocore.exceptions import ClientError

    def gone() -> bool:
        try:
            read()
        except ClientError as error:
            if is_gone(error):
                return True
            raise
        return False

    aws.wait(gone, what)
