"""The provider's mode that calls no AWS: it plans computed values, and an apply creates nothing but a state.

The gate plans untrusted Terraform with it: every call to AWS is refused, so nothing reaches the network
through it. Where data sources wait for an apply, Terraform may apply with it.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from offline_aws import LEAVES_UNKNOWN, computed_values
from offline_aws.aws import Aws
from offline_aws.configuration import Configuration
from offline_aws.handler_values import UNKNOWN, ResourceError, Values
from offline_aws.planning import ManagedType
from offline_aws.provider import Provider
from offline_aws.resource import DataSourceHandler
from offline_aws.values import without_unknown


class ConfigurationWithoutAws(Configuration):
    """A configuration whose account is its access key, and which refuses to call AWS."""

    def client(self, service: str, region: str = "") -> Any:
        """Refuse.

        Raises:
            ResourceError: Always.
        """
        raise ResourceError(
            f"it calls AWS ({service}) during the plan",
            detail="The gate plans without AWS: use var.context, which holds what an extension may know.",
        )

    @cached_property
    def account_id(self) -> str:
        """The access key, which is the account on the local AWS."""
        return str(self.arguments.get("access_key") or "")


class ProviderWithoutAws(Provider):
    """The provider in this mode."""

    configured = ConfigurationWithoutAws
    serves = frozenset({"archive", "aws"})  # the others read files, start programs and make connections

    @staticmethod
    def warm_up() -> None:
        """Import nothing: it needs no client."""

    def other_types(self) -> frozenset[str]:
        """None: the gate allows no type without a handler."""
        return frozenset()

    def plan(
        self, kind: ManagedType, config: Values, prior: Values | None, proposed: Values, aws: Aws
    ) -> tuple[Values, list[str]]:
        """The plan, with the computed values of a new resource."""
        values, replaced = super().plan(kind, config, prior, proposed, aws)
        if prior is None and aws.configuration.arguments.get("secret_key") != LEAVES_UNKNOWN:
            computed_values.fill(kind.name, config, values, aws)
        return values, replaced

    def create(self, kind: ManagedType, config: Values, planned: Values) -> Values:
        """The state as if it were created; nothing is."""
        answered = {
            name
            for name, spec in kind.block.get("attributes", {}).items()
            if spec["type"] == "string" and spec.get("computed") and not spec.get("optional")
        }
        state = {
            name: computed_values.lot(kind.name, name, config)[:12]
            if value is UNKNOWN and name in answered
            else value
            for name, value in planned.items()
        }
        return dict(without_unknown(state))

    def data_source(self, name: str) -> DataSourceHandler | None:
        """A data source's handler; who calls is known without asking AWS."""
        return _IDENTITY if name == "aws_caller_identity" else super().data_source(name)

    def ephemeral(self, name: str) -> DataSourceHandler | None:
        """None: the gate refuses ephemeral resources, and their values are secrets."""
        return None


def _identity(aws: Aws, values: Values) -> Values:
    # The caller of an apply is a user or has a role, of any name.
    drawn = hashlib.sha256(aws.account_id.encode()).hexdigest()[:12]
    arn = aws.arn("iam", f"user/{drawn}", region="")
    if aws.partition != "aws":
        arn = aws.arn("sts", f"assumed-role/{drawn}/{drawn}", region="")
    return {"id": aws.account_id, "account_id": aws.account_id, "arn": arn, "user_id": drawn}


_IDENTITY = DataSourceHandler(read=_identity, tags=False)
