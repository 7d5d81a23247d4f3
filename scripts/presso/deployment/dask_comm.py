"""Dask, as `--cluster` and `presso worker` use it; imported only where one of them runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from presso.errors import PressoError, UsageError

# Seconds until a scheduler that does not answer counts as one that cannot be reached.
PATIENCE = 10.0
SCHEMES = ("tcp://", "tls://")
# What messages are made of: a pickle of another version may not be read, or be read wrongly.
_PACKAGES = ("dask", "distributed", "msgpack", "cloudpickle")
PRESSO = "presso"  # the scheduler needs none


def distributed() -> Any:
    """Return the package `distributed`, which prints no messages of its own.

    Raises:
        PressoError: It is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise PressoError(
            f"A cluster needs Dask, which is not installed ({error}).",
            hint="In a checkout of presso, start it as ./presso; elsewhere, install presso[cluster].",
        ) from error
    for name in ("distributed", "tornado", "bokeh"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


def check_address(address: str) -> None:
    """Refuse a wrong address of a scheduler.

    Raises:
        UsageError: It is not an address.
    """
    host, _, port = address[len(SCHEMES[0]) :].rpartition(":")
    if not address.startswith(SCHEMES) or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError(
            f"{address} is not the address of a Dask scheduler.",
            hint="Such as tcp://10.0.0.1:8786, or tls://…",
        )


def unreachable(address: str, error: BaseException | None) -> PressoError:
    """Return the error for a scheduler that cannot be reached."""
    text = f" ({' '.join(str(error).split())})" if error and str(error) else ""
    hint = "Start one: dask scheduler --port 8786"
    if address.startswith("tls:"):
        hint = "With tls:// every part needs certificates: docs/guides/platform.md."
    return PressoError(f"The Dask scheduler at {address} cannot be reached{text}.", hint=hint)


def check_versions(versions: Mapping[str, Any]) -> None:
    """Refuse a cluster with other versions than this machine.

    Args:
        versions: As Dask's `Client.get_versions` returns them, with those of presso.

    Raises:
        PressoError: Names the differences.
    """
    here = versions["client"]["packages"]
    others = {"the scheduler": versions["scheduler"], **versions["workers"]}
    faults = []
    for who, found in others.items():
        there = (found or {}).get("packages", {})
        needed = [*_PACKAGES, *([PRESSO] if there.get(PRESSO) and who in versions["workers"] else [])]
        faults += [
            f"{who} has {name} {there.get(name)}" for name in needed if there.get(name) != here.get(name)
        ]
    if faults:
        ours = ", ".join(f"{name} {here.get(name)}" for name in (*_PACKAGES, PRESSO))
        raise PressoError(
            f"The cluster has other versions than this machine ({ours}): {'; '.join(faults)}.",
            hint="Install the versions of locks/cluster.txt and the same presso on all of them.",
        )
