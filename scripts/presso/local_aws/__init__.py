"""The local AWS: an emulator and the offline Terraform provider, as one thing that runs beside a checkout.

Other parts of presso call `LocalAws(folder).ensure()`; for the rest see docs/local-aws.md.
"""

from presso.local_aws.stack import LocalAws, ProcessStatus, Running, Status

__all__ = ["LocalAws", "ProcessStatus", "Running", "Status"]
