"""The local AWS: an emulator and the offline Terraform provider, as one thing that runs beside a checkout.

Other parts of presso call `LocalAws(folder).ensure()`; for the rest see docs/local-aws.md.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presso.local_aws.stack import LocalAws, ProcessStatus, Running, Status

__all__ = ["LocalAws", "ProcessStatus", "Running", "Status"]


def __getattr__(name: str) -> Any:
    """Import what starts them only where it is asked for: they themselves are in this package, too."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from presso.local_aws import stack

    return getattr(stack, name)
