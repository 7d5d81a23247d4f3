"""Quotas of one extension on resources that it shares with others: defaults, changed in a tenant's file.

All extensions of all tenants in an account share the limits of the account and its buses. Where an extension
could exhaust a quota of AWS, it is named:
https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from presso.records import between

Count = Annotated[int, between(0, 1_000_000)]


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """The most that one extension may have in one tenant.

    Args:
        api_calls_per_second: Sum of the rate limits of its API destinations.
        keys: KMS keys, which are billed each month.
        log_retention_days: Days that a log group keeps its entries; 1,000,000 for a group without retention.
        memory_mb: Memory of each function.
        pollers: Sum of the pollers that event source mappings provision, which are billed by the hour.
        reserved_concurrency: Sum of the reserved concurrency of its functions (1,000 in a region).
        resources: Resources of all types.
        roles: IAM roles (an account has 1,000).
        rules: EventBridge rules (a bus has 300).
        schedules_per_hour: Sum of the runs of its schedules in the busiest hour.
        table_capacity: Sum of the read and write capacity units of its tables and their indexes.
    """

    api_calls_per_second: Count = 300
    keys: Count = 1
    log_retention_days: Count = 365
    memory_mb: Count = 1024
    pollers: Count = 0
    reserved_concurrency: Count = 20
    resources: Count = 150
    roles: Count = 20
    rules: Count = 10
    schedules_per_hour: Count = 120
    table_capacity: Count = 50

    def most(self, other: Quotas) -> Quotas:
        """Return the larger value of each quota."""
        names = [field.name for field in dataclasses.fields(self)]
        return Quotas(**{name: max(getattr(self, name), getattr(other, name)) for name in names})
