"""AWS as one operation on one resource sees it: clients, region, account, the caller's folder, deadlines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline_aws import regions
from offline_aws.handler_values import ResourceError

if TYPE_CHECKING:
    from offline_aws.configuration import Configuration

DEFAULT_TIMEOUT = 1200.0
"""Seconds an operation may wait unless type or configuration sets it (as in the SDK)."""


class Aws:
    """What a handler may use. Made by the engine for each operation; handlers never make one.

    Args:
        configuration: The provider as configured on this connection.
        region: The resource's region (its ``region`` attribute, else the provider's).
        seconds: How long this operation may wait.
        config: The resource's configuration as written; {} where Terraform does not send it (read, delete).
    """

    def __init__(
        self,
        configuration: Configuration,
        region: str = "",
        seconds: float = DEFAULT_TIMEOUT,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.configuration = configuration
        self.region = region or configuration.region
        self.seconds = seconds
        self.config: Mapping[str, Any] = config or {}

    def client(self, service: str, region: str = "") -> Any:
        """A botocore client (``"events"``, ``"stepfunctions"``, …) with the caller's credentials, in this
        operation's region: as boto3's, without its additions for S3. Ask for it each time, never keep it.
        """
        return self.configuration.client(service, region or self.region)

    @cached_property
    def account_id(self) -> str:
        """The 12-digit account of the configured credentials (asked from STS once per configuration)."""
        return self.configuration.account_id

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or another, from the region."""
        return regions.partition(self.region).name

    @property
    def dns_suffix(self) -> str:
        """``amazonaws.com`` or the partition's own."""
        return regions.partition(self.region).dns_suffix

    def arn(
        self, service: str, resource: str, *, region: str | None = None, account: str | None = None
    ) -> str:
        """An ARN in this partition, region and account (``region=""`` or ``account=""``: without)."""
        region = self.region if region is None else region
        account = self.account_id if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    @property
    def local(self) -> bool:
        """Whether an endpoint other than AWS's own is configured: an emulator."""
        return self.configuration.local

    def path(self, name: str) -> Path:
        """A file named in the configuration; relative names are meant from Terraform's working folder, never
        from this server's; ``~`` is the caller's home.
        """
        return self.configuration.caller.path(name)

    def wait(self, done: Callable[[], bool], what: str, *, every: float = 0.2) -> None:
        """Call ``done`` until it returns True.

        Raises:
            ResourceError: The operation's time is over ("timeout while waiting for <what>"), or Terraform was
                requested to stop.
        """
        deadline = time.monotonic() + self.seconds
        while not done():
            if time.monotonic() > deadline:
                raise ResourceError(f"timeout while waiting for {what} ({self.seconds:.0f} s)")
            if self.stopping.wait(every):
                raise ResourceError(f"interrupted while waiting for {what}")

    @property
    def stopping(self) -> threading.Event:
        """Set when the user interrupted Terraform: long work should end soon, leaving the state right."""
        return self.configuration.stopping
