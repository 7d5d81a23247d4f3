"""How many units run at a time without `--parallel`, and on how many cores each Terraform computes."""

import os
from collections.abc import Collection, Mapping

from presso.terraform import terraform_cli

# A unit waits for AWS so often that ten leave two cores idle for a fifth of the time. With about eight
# requests for a function, and half a minute for a unit, 20 units make some five of the 15 requests a second
# that Lambda allows; what is throttled is repeated.
MOST_ON_AWS = 20
# Terraform 1.11.4 (0.21 GB) and its own process of the published provider (0.60 GB), with room for the rest.
MEMORY_OF_UNIT = 1.25e9


def default(targets: Collection[str], cores: int, memory: float) -> int:
    """Return how many units run at a time.

    On the local AWS a unit computes all the time, on aws it waits for answers most of the time.

    Args:
        targets: Those of the units.
        cores: The machine's.
        memory: The machine's, in bytes.
    """
    least = max(2, cores)
    if {*targets} != {"aws"}:
        return least
    return max(least, min(MOST_ON_AWS, int(memory / MEMORY_OF_UNIT)))


def of_terraform(env: Mapping[str, str], units: int, parallel: int, cores: int) -> dict[str, str]:
    """Return the environment of a Terraform among others: one that computes on one core where all are taken.

    Its threads then do not wait for each other: a tenth less CPU for a plan, which takes 7 % longer alone.
    A value of the caller's stays.

    Args:
        env: The environment.
        units: How many there are in the run.
        parallel: How many of them run at a time.
        cores: The machine's.
    """
    return {**terraform_cli.ONE_CORE, **env} if units > cores and parallel >= cores else {**env}


def cores() -> int:
    """Return the number of this machine's cores; 1 if it is not known."""
    return os.cpu_count() or 1


def memory() -> float:
    """Return the bytes of this machine's memory; 0 if it is not known."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0.0
