"""hashicorp/null: a resource that does nothing, and a data source that returns what it is given.

Source: internal/provider/{resource,data_source}.go of hashicorp/terraform-provider-null.
"""

from __future__ import annotations

import secrets

from offline_aws.aws import Aws
from offline_aws.handler_values import Values
from offline_aws.resource import DataSourceHandler
from offline_aws.services.kept_values import kept


def _create(aws: Aws, values: Values) -> None:
    values["id"] = str(secrets.randbits(63))


def _read(aws: Aws, values: Values) -> Values:
    return {
        "has_computed_default": values["has_computed_default"] or "default",
        "id": "static",
        "outputs": values["inputs"],
        "random": str(secrets.randbits(63)),
    }


RESOURCES = {"null_resource": kept(_create)}

DATA_SOURCES = {"null_data_source": DataSourceHandler(read=_read, tags=False)}
