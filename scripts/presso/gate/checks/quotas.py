"""Promise 1: an extension leaves its neighbours their part of shared resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from presso.gate.check import check
from presso.gate.model import Hit, Model, Resource

_UNITS = {"minute": 60.0, "hour": 1.0, "day": 1 / 24}
_CAPACITY = (
    *("read_capacity", "write_capacity"),
    *("warm_throughput.read_units_per_second", "warm_throughput.write_units_per_second"),
)
_FOR_EVER = 1_000_000.0  # days; the largest value of a quota
# What one resource uses of a quota; None where it uses nothing.
Taken = Callable[[Resource], float | None]


def _sum(resource: Resource, *paths: str) -> float:
    found = (value for path in paths for value in resource.all(path))
    return sum(float(value) for value in found if _is_number(value) and value > 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _capacity(table: Resource) -> float:
    paths = (*_CAPACITY, *(f"global_secondary_index.{name}" for name in _CAPACITY))
    return _sum(table, *paths)


def runs_per_hour(expression: str) -> float:
    """Return how often a schedule runs in its busiest hour: every minute, if it cannot be read.

    Args:
        expression: `rate(…)`, `cron(…)` or `at(…)`; "Schedule types in EventBridge Scheduler".
    """
    if found := re.fullmatch(r"rate\(([1-9][0-9]{0,5}) (minute|hour|day)s?\)", expression):
        return _UNITS[found[2]] / int(found[1])
    if found := re.fullmatch(r"cron\((\S+) .*\)", expression):
        return float(len(_minutes(found[1])))
    return 1.0 if re.fullmatch(r"at\([0-9T:-]+\)", expression) else 60.0


def _minutes(field: str) -> set[int]:
    """The minutes in the first field of a cron expression; all of them where it cannot be read."""
    found: set[int] = set()
    for part in field.split(","):
        span = re.fullmatch(r"(\*|\d{1,2})(?:-(\d{1,2}))?(?:/(\d{1,2}))?", part, re.ASCII)
        if not span or (span[3] and int(span[3]) == 0):
            return set(range(60))
        start = 0 if span[1] == "*" else int(span[1])
        end = int(span[2]) if span[2] else 59 if span[1] == "*" or span[3] else start
        if end < start:  # a range over the full hour, or none at all
            return set(range(60))
        found |= set(range(start, end + 1, int(span[3] or 1)))
    return found


def _runs(schedule: Resource) -> float | None:
    expression = schedule.values.get("schedule_expression")
    return runs_per_hour(expression) if isinstance(expression, str) and expression else None


def _calls(destination: Resource) -> float:
    return _sum(destination, "invocation_rate_limit_per_second") or 300  # AWS's default


def _pollers(mapping: Resource) -> float:
    """The pollers that are kept ready: one at least where there is a setting for them."""
    kept = "provisioned_poller_config"
    return _sum(mapping, f"{kept}.minimum_pollers") or float(_sum(mapping, f"{kept}.maximum_pollers") > 0)


def _one(_: Resource) -> float:
    return 1.0


# By quota: whether the largest value or the sum counts, and by type what a resource uses ("" is every type).
TAKEN: Mapping[str, tuple[str, Mapping[str, Taken]]] = {
    "api_calls_per_second": (
        "sum",
        {
            "aws_cloudwatch_event_api_destination": lambda r: (
                _sum(r, "invocation_rate_limit_per_second") or 300
            )
        },
    ),
    "keys": ("sum", {"aws_kms_key": _one}),
    "log_retention_days": (
        "largest",
        {"aws_cloudwatch_log_group": lambda r: _sum(r, "retention_in_days") or _FOR_EVER},
    ),
    "memory_mb": ("largest", {"aws_lambda_function": lambda r: _sum(r, "memory_size")}),
    "pollers": ("sum", {"aws_lambda_event_source_mapping": _pollers}),
    "reserved_concurrency": (
        "sum",
        {"aws_lambda_function": lambda r: _sum(r, "reserved_concurrent_executions")},
    ),
    "resources": ("sum", {"": _one}),
    "roles": ("sum", {"aws_iam_role": _one}),
    "rules": ("sum", {"aws_cloudwatch_event_rule": _one}),
    "schedules_per_hour": ("sum", {"aws_cloudwatch_event_rule": _runs, "aws_scheduler_schedule": _runs}),
    "table_capacity": ("sum", {"aws_dynamodb_table": _capacity}),
}


@check(
    "P1-042",
    "It stays within its quotas",
    why="Extensions share the limits of an account and a bus: what one reserves, the others cannot use.",
    fix="Use less (set retention_in_days on each log group), or ask the organiser to raise the quota for "
    "this extension under quotas in tenant.yaml.",
    bad="reserved_concurrent_executions = 900",
    levels=("plan",),
)
def quotas(model: Model) -> Iterator[Hit]:
    """Yield quotas that are exceeded, at the resource that exceeds them."""
    for name, (how, types) in TAKEN.items():
        most = getattr(model.quotas, name)
        total = 0.0
        for resource in model.managed:
            work = types.get(resource.type) or types.get("")
            taken = work(resource) if work else None
            total = max(total, taken or 0) if how == "largest" else total + (taken or 0)
            if taken and total > most:
                much = f"brings {name} to {total:g}" if taken != _FOR_EVER else f"has no end of {name}"
                yield Hit(resource.place, f"{resource.address} {much}; the quota is {most}")
                break
