"""The models of AWS's services in botocore's data, found without looking into the folder of each service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader


class ServiceModels(Loader):  # type: ignore[misc]
    """botocore's loader, but quicker for the first client of a session.

    botocore lists all services that have a kind of model, from more than 400 folders, only to know whether
    the one that it loads is among them.
    """

    def list_available_services(self, type_name: str) -> Any:
        """Return the names of the services that have a kind of model, looked up as they are needed."""
        return _Names(self, type_name)


class _Names:
    def __init__(self, models: ServiceModels, kind: str) -> None:
        self._models = models
        self._kind = kind

    def __contains__(self, name: str) -> bool:
        try:
            return bool(self._models.list_api_versions(name, self._kind))
        except DataNotFoundError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(Loader.list_available_services(self._models, self._kind))
