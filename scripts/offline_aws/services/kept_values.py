"""Resources that are nothing but their state: what is made once is kept until an argument changes.

They are those of hashicorp/random, null and time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offline_aws.aws import Aws
from offline_aws.handler_values import Values
from offline_aws.resource import ResourceHandler


def kept(create: Callable[[Aws, Values], None], **tables: Any) -> ResourceHandler:
    """The handler of such a type; without ``update`` every change replaces it."""
    tables = {"imports": None, "read": _as_stored, "delete": _nothing, "name": None, **tables}
    return ResourceHandler(create=create, **tables)


def _as_stored(aws: Aws, values: Values) -> Values:
    return {}


def _nothing(aws: Aws, values: Values) -> None:
    pass
