"""Resource identities: what of a state names its resource, and the identifier that an import then goes by.

Their attributes are derived (see ``derive``) from the pages of the published provider; what an identifier is
made of is in the type's handler. Account and region that are not given are the provider's; in an ARN or a URL
there is a region. Source: internal/provider/sdkv2/importer/{parameterized,arn,inherent_regional_id}.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offline_aws.aws import Aws
from offline_aws.configuration import Configuration
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import ResourceHandler
from offline_aws.schema import Block

_ARN = re.compile(r"arn:[^:]+:[^:]+:(?P<region>[^:]*):[^:]*:.+", re.DOTALL)
_QUEUE = re.compile(r"https?://sqs\.(?P<region>[a-z0-9-]+)\.[^/]+/.+", re.DOTALL)


@dataclass(frozen=True)
class IdentitySchema:
    """The identity of a type.

    Attributes:
        version: Of its attributes.
        needed: Each attribute, and whether an import needs it.
        block: Its attributes as those of a resource, to encode and decode values.
    """

    version: int
    needed: Mapping[str, bool]
    block: Block

    @staticmethod
    def of(found: Mapping[str, Any]) -> IdentitySchema:
        """Read one of a schema document."""
        needed = {name: "required_for_import" in spec for name, spec in found["attributes"].items()}
        block = {"attributes": {name: {"type": spec["type"]} for name, spec in found["attributes"].items()}}
        return IdentitySchema(found["version"], needed, block)


def of_state(identity: IdentitySchema, values: Values, configuration: Configuration) -> Values:
    """The identity of the resource with these values."""

    def found(name: str, needed: bool) -> Any:
        if name == "account_id" and not needed:
            return account(configuration)
        return values.get(name) or None

    return {name: found(name, needed) for name, needed in identity.needed.items()}


def account(configuration: Configuration) -> str | None:
    """The account of identities; asked of AWS once for a configuration, which can fail."""
    return None if configuration.arguments.get("skip_requesting_account_id") else configuration.account_id


def region_of(identity: IdentitySchema, given: Values, configuration: Configuration) -> str:
    """The region of the resource that an import names.

    Raises:
        ResourceError: What should be an ARN is none, or AWS does not have the region.
    """
    if "region" in identity.needed:
        region = str(given.get("region") or configuration.region)
        configuration.check_own_region(region)
        return region
    for name, value in given.items():
        if name.endswith(("arn", "secret_id")) and value:
            if (arn := _ARN.fullmatch(value)) is None:
                raise ResourceError(f"the identity's {name} is not an ARN: {value}")
            return arn["region"] or configuration.region
        if name.endswith("url") and value and (queue := _QUEUE.fullmatch(value)):
            return queue["region"]
    return configuration.region


def identifier(identity: IdentitySchema, handler: ResourceHandler, given: Values, aws: Aws) -> str:
    """What an import by identifier would be given.

    Raises:
        ResourceError: A part is empty, or the account is another than the provider's.
    """
    for name, needed in identity.needed.items():
        if needed and not given.get(name):
            raise ResourceError(f"the identity's {name} is required")
    account = given.get("account_id")
    if account and account != aws.account_id:
        raise ResourceError(
            f"the identity is of account {account}",
            detail=f"The provider is configured with account {aws.account_id}.",
        )
    if callable(handler.identifier):
        return handler.identifier(aws, given)
    only = next((name for name, needed in identity.needed.items() if needed), "")
    return (handler.identifier or f"{{{only}}}").format(**given)
