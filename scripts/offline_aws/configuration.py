"""The provider's configuration on one connection: region, credentials, endpoints, tags, and its caller."""

from __future__ import annotations

import configparser
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from offline_aws import clients, regions
from offline_aws.clients import ClientSettings, Credentials, Keys
from offline_aws.handler_values import UNKNOWN, ResourceError, Values, first, given, tag_list
from offline_aws.values import without_unknown

# Names under `endpoints` that are not the service's name in boto3.
_SERVICES = {
    "appautoscaling": "application-autoscaling",
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchevents": "events",
    "cloudwatchlog": "logs",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidp": "cognito-idp",
    "eventbridge": "events",
    "resourcegroups": "resource-groups",
    "resourcegroupstagging": "resourcegroupstaggingapi",
    "s3api": "s3",
    "sfn": "stepfunctions",
}


@dataclass(frozen=True)
class Caller:
    """Whose run it is: the folder and environment of the Terraform process, which are not this server's.

    Attributes:
        cwd: Its working folder.
        env: Its environment (``AWS_*`` and ``HOME`` at least).
        log: Takes a line for Terraform's log; None: Terraform writes none.
    """

    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    log: Callable[[str], None] | None = None

    def path(self, name: str) -> Path:
        """A file that the caller names."""
        if name == "~" or name.startswith("~/"):
            return Path(self.env.get("HOME", "/")) / name[2:]
        return self.cwd / name

    def get(self, *names: str) -> str | None:
        """The first of these environment variables that is set and not empty."""
        return next((self.env[name] for name in names if self.env.get(name)), None)


class Configuration:
    """The provider, configured.

    Args:
        arguments: The provider block (unknown values count as not given).
        caller: Whose environment supplies what the arguments do not.
        stopping: Set when Terraform is interrupted.
    """

    def __init__(self, arguments: Values, caller: Caller, stopping: threading.Event | None = None) -> None:
        self.arguments = without_unknown(arguments)
        self.caller = caller
        self.stopping = stopping or threading.Event()
        tags = (first(self.arguments.get("default_tags")) or {}).get("tags") or {}
        self.default_tags: dict[str, Any] = {
            **self._tags_of_environment("TF_AWS_DEFAULT_TAGS_"),
            **tags,
        }
        self.region_known = arguments.get("region") is not UNKNOWN
        self.tags_known = not _unknown_tags(arguments)

    @cached_property
    def region(self) -> str:
        """The provider's region; empty when there is none (an error only where one is needed)."""
        profile = self._profile
        found = self.arguments.get("region") or self.caller.get("AWS_REGION", "AWS_DEFAULT_REGION")
        return found or profile.get("region") or ""

    def client(self, service: str, region: str = "") -> Any:
        """A botocore client; calls made with it inside `acting` are signed with the caller's credentials.

        Raises:
            ResourceError: No region is configured.
        """
        region = region or self.region
        if not region:
            raise ResourceError(
                "no AWS region is configured", detail="Set the provider's region or AWS_REGION."
            )
        return clients.client(service, region, self._settings(service))

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """Everything done inside is done with this configuration's credentials."""
        with clients.acting_as(self._credentials), clients.logging_to(self.caller.log):
            yield

    @cached_property
    def account_id(self) -> str:
        """The account of the credentials."""
        with self.acting():
            region = self.arguments.get("sts_region") or self.region
            return str(self.client("sts", region).get_caller_identity()["Account"])

    @property
    def local(self) -> bool:
        """Whether calls go to an endpoint that is not AWS's."""
        endpoint = self._endpoint("sts") or self._endpoint("events") or ""
        return bool(endpoint) and ".amazonaws." not in endpoint

    def kept_tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags without AWS's own and without those that ``ignore_tags`` names."""
        ignored = first(self.arguments.get("ignore_tags")) or {}
        keys = {*(ignored.get("keys") or ()), *(self.caller.get("TF_AWS_IGNORE_TAGS_KEYS") or "").split(",")}
        prefixes = (*(ignored.get("key_prefixes") or ()), "aws:")
        return {key: text for key, text in tags.items() if key not in keys and not key.startswith(prefixes)}

    def check(self) -> None:
        """Refuse a region that AWS does not have, and accounts that the configuration does not allow.

        Raises:
            ResourceError: There is no such region, or the credentials are of a wrong account.
        """
        if self.region_known and self.region and not self._takes_newer_regions:
            self._check_region()
        allowed = self.arguments.get("allowed_account_ids")
        forbidden = self.arguments.get("forbidden_account_ids") or ()
        if not allowed and not forbidden:
            return
        if self.account_id in forbidden or (allowed and self.account_id not in allowed):
            argument = "forbidden_account_ids" if self.account_id in forbidden else "allowed_account_ids"
            raise ResourceError(f"AWS account ID not allowed: {self.account_id}", path=argument)

    def check_own_region(self, region: str) -> None:
        """Refuse the ``region`` of a resource, a data source or a list that the provider cannot act in.

        Raises:
            ResourceError: AWS does not have it, or it is of another partition.
        """
        fault = regions.wrong(region, self.region, newer=self._takes_newer_regions)
        if fault and region != self.region:
            raise ResourceError(fault, path="region")

    @property
    def _takes_newer_regions(self) -> bool:
        return bool(self.arguments.get("skip_region_validation"))

    def _check_region(self) -> None:
        if self.region not in regions.known():
            configured = self.arguments.get("region") is not None
            raise ResourceError(
                f"invalid AWS Region: {self.region}",
                detail="A region newer than this provider's list needs skip_region_validation = true.",
                path="region" if configured else "",
            )

    @cached_property
    def _credentials(self) -> Credentials:
        found = Credentials(lambda: (self._keys(), None))
        for role in self.arguments.get("assume_role") or ():
            if role.get("role_arn"):
                found = self._assumed(found, role)
        return found

    def _keys(self) -> Keys:
        arguments, caller, profile = self.arguments, self.caller, self._profile
        access = arguments.get("access_key")
        if access:
            return Keys(access, arguments.get("secret_key") or "", arguments.get("token"))
        access = None if arguments.get("profile") else caller.get("AWS_ACCESS_KEY_ID")
        if access:
            secret = caller.get("AWS_SECRET_ACCESS_KEY") or ""
            return Keys(access, secret, caller.get("AWS_SESSION_TOKEN"))
        access = profile.get("aws_access_key_id")
        if access:
            return Keys(access, profile.get("aws_secret_access_key", ""), profile.get("aws_session_token"))
        raise ResourceError(
            "No valid credential sources found",
            detail="Set the provider's access_key and secret_key, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or a profile with keys. (The offline provider asks no metadata service.)",
        )

    def _assumed(self, source: Credentials, role: Values) -> Credentials:
        def assume() -> tuple[Keys, datetime | None]:
            arguments = given(
                RoleArn=role["role_arn"],
                RoleSessionName=role.get("session_name") or "terraform",
                Policy=role.get("policy"),
                PolicyArns=[{"arn": arn} for arn in role.get("policy_arns") or ()],
                ExternalId=role.get("external_id"),
                SourceIdentity=role.get("source_identity"),
                Tags=tag_list(role.get("tags")),
                TransitiveTagKeys=role.get("transitive_tag_keys"),
            )
            with clients.acting_as(source):
                found = self.client("sts", self.arguments.get("sts_region") or "").assume_role(**arguments)
            made = found["Credentials"]
            keys = Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
            return keys, made["Expiration"]

        return Credentials(assume)

    def _settings(self, service: str) -> ClientSettings:
        arguments = self.arguments
        endpoint = self._endpoint(service)
        proxies = {scheme: arguments.get(f"{scheme}_proxy") for scheme in ("http", "https")}
        return ClientSettings(
            endpoint=endpoint,
            # What an emulator refuses it refuses again.
            max_attempts=int(arguments.get("max_retries") or (1 if self.local else 3)) + 1,
            retry_mode=arguments.get("retry_mode") or "standard",
            path_style=bool(arguments.get("s3_use_path_style")) or endpoint is not None,
            dualstack=bool(arguments.get("use_dualstack_endpoint")),
            fips=bool(arguments.get("use_fips_endpoint")),
            insecure=bool(arguments.get("insecure")),
            ca_bundle=arguments.get("custom_ca_bundle") or self.caller.get("AWS_CA_BUNDLE"),
            proxies=tuple((scheme, url) for scheme, url in proxies.items() if url),
        )

    def _endpoint(self, service: str) -> str | None:
        for block in self.arguments.get("endpoints") or ():
            for name, url in block.items():
                if url and _SERVICES.get(name, name) == service:
                    return str(url)
        if (self.caller.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").lower() == "true":
            return None
        # botocore's service id upper-cased with underscores, as all AWS SDKs agreed on.
        special = {"events": "EVENTBRIDGE", "logs": "CLOUDWATCH_LOGS", "stepfunctions": "SFN"}
        own = special.get(service, service.replace("-", "_").upper())
        return self.caller.get(f"AWS_ENDPOINT_URL_{own}", "AWS_ENDPOINT_URL") or self._profile.get(
            "endpoint_url"
        )

    @cached_property
    def _profile(self) -> Mapping[str, str]:
        """The settings of the caller's profile in the shared files; {} when there are none."""
        name = self.arguments.get("profile") or self.caller.get("AWS_PROFILE") or "default"
        config = self.arguments.get("shared_config_files") or [
            self.caller.get("AWS_CONFIG_FILE") or "~/.aws/config"
        ]
        secret = self.arguments.get("shared_credentials_files") or [
            self.caller.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
        ]
        parser = configparser.RawConfigParser()
        try:
            parser.read([self.caller.path(file) for file in (*config, *secret)])
        except configparser.Error as error:
            raise ResourceError(f"cannot read the shared AWS files: {error}") from error
        found: dict[str, str] = {}
        for section in (f"profile {name}", name):
            if parser.has_section(section):
                found.update(parser.items(section))
        if not found and self.arguments.get("profile"):
            raise ResourceError(f"failed to get shared config profile, {name}", path="profile")
        return found

    def _tags_of_environment(self, prefix: str) -> dict[str, str]:
        found = {key: text for key, text in self.caller.env.items() if key.startswith(prefix)}
        return {key.removeprefix(prefix): text for key, text in found.items()}


def _unknown_tags(arguments: Values) -> bool:
    block = arguments.get("default_tags")
    if block is UNKNOWN:
        return True
    tags = (first(block) or {}).get("tags")
    return tags is UNKNOWN or (isinstance(tags, dict) and any(text is UNKNOWN for text in tags.values()))
