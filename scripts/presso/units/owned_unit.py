"""A unit of a tenant, whose owner may call its functions directly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from presso.errors import PressoError

if TYPE_CHECKING:
    from presso.aws_access import Access


class OwnedUnit:
    """The core, or an extension, in a tenant.

    Args:
        access: Access to the tenant's AWS.
        tenant: The tenant's name.
        part: The unit's name within the tenant, such as `core`.
    """

    def __init__(self, access: Access, tenant: str, part: str) -> None:
        self.access = access
        self.tenant = tenant
        self.part = part
        self.prefix = f"{tenant}--{part}--"

    def call(self, function: str, event: Any) -> Any:
        """Return what a function of the unit returns for an event.

        Raises:
            PressoError: It is not there, or it fails.
        """
        client = self.access.client("lambda")
        try:
            answer = client.invoke(FunctionName=f"{self.prefix}{function}", Payload=json.dumps(event))
        except client.exceptions.ResourceNotFoundException:
            raise self.missing() from None
        result = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            raise PressoError(
                f"The function {self.prefix}{function} failed: {result.get('errorMessage', result)}",
                hint=f"Its log is the log group /aws/lambda/{self.prefix}{function}.",
            )
        return result

    def missing(self) -> PressoError:
        """Return the error for a unit that is not deployed."""
        unit = f"{self.tenant}/{self.part}"
        return PressoError(f"{unit} is not deployed.", hint=f"Deploy it first: presso apply {unit}")
