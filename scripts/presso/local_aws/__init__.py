"""The local AWS: an emulator and the offline Terraform provider, as one thing that runs beside a checkout.

`LocalAws(folder).ensure()` is what other parts of presso call; docs/local-aws.md tells the rest.
"""

from presso.local_aws.stack import LocalAws, Part, Running, Status

__all__ = ["LocalAws", "Part", "Running", "Status"]
