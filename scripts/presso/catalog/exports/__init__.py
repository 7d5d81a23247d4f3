"""The catalog in the formats of others: EventCatalog, AsyncAPI, CloudEvents, OpenAPI."""

from typing import Literal, get_args

Format = Literal["asyncapi", "cloudevents", "eventcatalog", "openapi"]
FORMATS: tuple[Format, ...] = get_args(Format)
