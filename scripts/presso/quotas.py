"""What one extension may take of what it shares with its neighbours: defaults, raised in a tenant's file.

An account's and a bus's limits are shared by all extensions of all tenants there. A quota of AWS is named
where an extension could use it up: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Quotas(BaseModel):
    """The most that one extension may have in one tenant.

    Args:
        api_calls_per_second: Rate limits of its API destinations, added up.
        keys: KMS keys, which are billed each month.
        log_retention_days: Days that a log group keeps what is in it.
        memory_mb: Memory of each function.
        reserved_concurrency: Reserved concurrency of its functions, added up (1,000 in a region).
        resources: Resources of all types.
        roles: IAM roles (an account has 1,000).
        rules: EventBridge rules (a bus has 300).
        schedules_per_hour: Runs of its schedules in the busiest hour, added up.
        table_capacity: Read and write capacity units of its tables and their indexes, added up.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    api_calls_per_second: Count = 300
    keys: Count = 1
    log_retention_days: Count = 365
    memory_mb: Count = 1024
    reserved_concurrency: Count = 20
    resources: Count = 150
    roles: Count = 20
    rules: Count = 10
    schedules_per_hour: Count = 120
    table_capacity: Count = 50

    def most(self, other: Quotas) -> Quotas:
        """Return the larger of two, quota by quota."""
        names = type(self).model_fields
        return Quotas(**{name: max(getattr(self, name), getattr(other, name)) for name in names})
