"""Handlers without code of their own: a table names their calls, shapes what is sent and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import Values, given
from offline_aws.resource import ResourceHandler
from offline_aws.shapes import Shape, from_api, to_api


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The calls of a type, named as botocore's client has them.

    Args:
        service: As botocore names it.
        create, read, delete: One call each.
        update: Gets all that `create` gets; "" where every change replaces.
        by: The arguments that name the thing to `read` and `delete`, and where `update` is another call than
            `create`, to it: each with its attribute.
        sent: What `create` gets.
        shown: What `read` gives; by default what is sent.
        answer: The key of the thing in `read`'s answer; "" where the answer is the thing.
        identifier: The id of a type that has one, with attributes in braces.
        made: The keys by which `create`'s answer has the id, with dots between; instead of `identifier`.
        tags: The argument of `create` for tags, and its form (`dict`, `tag_list`).
        shown_tags: Returns all tags of the thing, from its values and what `read` gave.
        more: Returns further attributes, from what `read` gave.
        parts: Returns the attributes that an import's identifier names; by default it is the id.
    """

    service: str
    create: str
    read: str
    delete: str
    by: Mapping[str, str]
    sent: Shape
    shown: Shape | None = None
    update: str = ""
    answer: str = ""
    identifier: str = "{name}"
    made: str = ""
    tags: tuple[str, Callable[[Any], Any]] | None = None
    shown_tags: Callable[[Aws, Values, Any], dict[str, str]] | None = None
    more: Callable[[Aws, Values, Any], Values] | None = None
    parts: Callable[[str], Values] | None = None

    def _named(self, values: Values) -> dict[str, Any]:
        return {key: values[attribute] for key, attribute in self.by.items()}

    def create_it(self, aws: Aws, values: Values) -> None:
        """Create it and set its id."""
        arguments = to_api(values, self.sent)
        if self.tags:
            argument, form = self.tags
            arguments |= given(**{argument: form(values["tags_all"] or {})})
        found = getattr(aws.client(self.service), self.create)(**arguments)
        for key in self.made.split(".") if self.made else ():
            found = found[key]
        if "id" in values:
            values["id"] = found if self.made else self.identifier.format(**values)

    def read_it(self, aws: Aws, values: Values) -> Values:
        """Return what AWS has."""
        found = getattr(aws.client(self.service), self.read)(**self._named(values))
        found = found[self.answer] if self.answer else found
        shown = {**from_api(found, self.shown or self.sent), **_identified(values)}
        if self.more:
            shown |= self.more(aws, values, found)
        if self.shown_tags:
            shown["tags_all"] = self.shown_tags(aws, {**values, **shown}, found)
        return shown

    def update_it(self, aws: Aws, values: Values, prior: Values) -> None:
        """Change it to what is planned."""
        named = self._named(values) if self.update != self.create else {}
        getattr(aws.client(self.service), self.update)(**{**to_api(values, self.sent), **named})

    def delete_it(self, aws: Aws, values: Values) -> None:
        """Delete it."""
        getattr(aws.client(self.service), self.delete)(**self._named(values))

    def import_it(self, aws: Aws, identifier: str) -> Values:
        """Return the attributes that an id names."""
        return self.parts(identifier) if self.parts else {"id": identifier}


def _identified(values: Values) -> Values:
    """The id; newer types have none."""
    return {"id": values["id"]} if "id" in values else {}


def modelled(calls: Calls, **tables: Any) -> ResourceHandler:
    """Return the handler of a type that these calls make; `tables` are further arguments of it."""
    functions: dict[str, Any] = {
        "create": calls.create_it,
        "read": calls.read_it,
        "delete": calls.delete_it,
        "imports": calls.import_it,
        "update": calls.update_it if calls.update else None,
    }
    return ResourceHandler(**{**functions, **tables})
