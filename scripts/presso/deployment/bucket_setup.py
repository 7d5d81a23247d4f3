"""Creates the bucket for a tenant's states, or restores its settings, by the module `state-bucket`.

Terraform gets what is there by `import` blocks, so this needs no state of its own, and may be repeated from
any machine and after any crash.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso import atomic
from presso.deployment import target_environment
from presso.deployment.target_environment import TargetEnvironment
from presso.errors import PressoError, UsageError
from presso.interruption import Interruption
from presso.tenants import StateBucket, Tenant
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Transcript
from presso.units import state_bucket, unit_folder
from presso.workspace import Workspace

_MODULE = "state-bucket"
_TAG = ("presso:unit", _MODULE)
# The type of each setting in the module, with the call that reads it and the codes for "not set".
_SETTINGS = {
    "aws_s3_bucket_versioning": ("get_bucket_versioning", ()),
    "aws_s3_bucket_server_side_encryption_configuration": (
        "get_bucket_encryption",
        ("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    "aws_s3_bucket_public_access_block": (
        "get_public_access_block",
        ("NoSuchPublicAccessBlockConfiguration",),
    ),
    "aws_s3_bucket_policy": ("get_bucket_policy", ("NoSuchBucketPolicy",)),
}


@dataclass(frozen=True)
class PreparedBucket:
    """A bucket that is ready for states.

    Args:
        bucket: Its name.
        region: Its region.
        created: Whether it was created.
        changed: What was set or restored, by Terraform's types; empty when it was as it should be.
    """

    bucket: str
    region: str
    created: bool
    changed: tuple[str, ...]


def prepare(
    workspace: Workspace, tenant: Tenant, environment: TargetEnvironment | None = None
) -> PreparedBucket:
    """Create the bucket that a tenant's file names, or restore its settings.

    Args:
        workspace: The checkout.
        tenant: The tenant.
        environment: Terraform's; by default that of aws.

    Raises:
        UsageError: The tenant's file names no bucket.
        PressoError: The bucket is another's, or was made for something else; AWS denies a call.
        Stopped: A stop is requested.
    """
    if tenant.state is None:
        raise UsageError(
            f"tenants/{tenant.name}/tenant.yaml names no bucket for its states.",
            hint="Add, with a name of your own: state: {bucket: acme-presso-states, region: us-east-1}",
        )
    environment = environment or target_environment.of_aws()
    there = _there(tenant.state)
    folder = workspace.home / "state-buckets" / tenant.state.bucket
    with unit_folder.locked(folder):
        try:
            atomic.write(
                folder / unit_folder.FILE, json.dumps(_document(workspace, folder, tenant, there), indent=2)
            )
            changed = _applied(folder, environment)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return PreparedBucket(tenant.state.bucket, tenant.state.region, not there, changed)


def _there(bucket: StateBucket) -> list[str]:
    """Return the types of the module that have a setting to import; none without the bucket.

    Raises:
        PressoError: There is such a bucket, and it is not one for states.
    """
    from botocore.exceptions import ClientError

    hint = "name another bucket if another account has taken the name."
    with state_bucket.asking(bucket, "Bucket {bucket} cannot be looked at", hint):
        client = state_bucket.client_of(bucket)
        try:
            client.head_bucket(Bucket=bucket.bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return []
            raise
        answers = {
            kind: _setting(client, bucket.bucket, call, codes) for kind, (call, codes) in _SETTINGS.items()
        }
        _refuse_another(client, bucket.bucket, has_policy=bool(answers["aws_s3_bucket_policy"]))
    return ["aws_s3_bucket", *(kind for kind, answer in answers.items() if answer)]


def _setting(client: Any, bucket: str, call: str, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return a setting; {} where it is not set."""
    from botocore.exceptions import ClientError

    try:
        answer: dict[str, Any] = getattr(client, call)(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return {}
        raise
    answer.pop("ResponseMetadata", None)
    return answer


def _refuse_another(client: Any, bucket: str, *, has_policy: bool) -> None:
    """Refuse a bucket that presso did not create; one that is empty may be what a killed run has left.

    Raises:
        PressoError: It is another one.
    """
    found = _setting(client, bucket, "get_bucket_tagging", ("NoSuchTagSet",)).get("TagSet", [])
    if {tag["Key"]: tag["Value"] for tag in found}.get(_TAG[0]) == _TAG[1]:
        return
    listed = client.list_object_versions(Bucket=bucket, MaxKeys=1)
    if has_policy or listed.get("Versions") or listed.get("DeleteMarkers"):
        raise PressoError(
            f"Bucket {bucket} is there, and presso did not create it: its settings stay as they are.",
            hint="Name another bucket, or tag this one with "
            f"{_TAG[0]} = {_TAG[1]}: then presso sets versioning, encryption, public access and the policy.",
        )


def _document(workspace: Workspace, folder: Path, tenant: Tenant, there: list[str]) -> dict[str, Any]:
    """Return the configuration: the module, and what it imports."""
    bucket = tenant.state
    assert bucket is not None
    accounts = {"allowed_account_ids": [tenant.known_account]} if tenant.known_account else {}
    return {
        "terraform": {
            "required_version": ">= 1.10",
            "required_providers": {"aws": unit_folder.AWS_PROVIDER},
        },
        "provider": {"aws": {"region": bucket.region, **accounts}},
        "module": {
            "bucket": {
                "source": os.path.relpath(workspace.modules / _MODULE, folder),
                "name": bucket.bucket,
            }
        },
        "import": [{"to": f"module.bucket.{kind}.default", "id": bucket.bucket} for kind in there],
    }


def _applied(folder: Path, environment: TargetEnvironment) -> tuple[str, ...]:
    """Apply the configuration; return the types that changed."""
    with Interruption() as stops:
        terraform = terraform_cli.Terraform(folder, terraform_cli.find(), stops)
        try:
            with environment.init_turn():
                _run(terraform, folder, environment, "init")
            transcript = _run(terraform, folder, environment, "apply", auto_approve=terraform_cli.FLAG)
        except PressoError:
            if not stops.requested:  # a requested stop is raised at the end
                raise
            transcript = Transcript()
    done = [change.address for change in transcript.planned if change.action != "import"]
    return tuple(sorted(address.split(".")[-2] for address in done))


def _run(
    terraform: terraform_cli.Terraform,
    folder: Path,
    environment: TargetEnvironment,
    command: str,
    **options: Any,
) -> Transcript:
    """Run a command of Terraform; return its messages.

    Raises:
        PressoError: It fails.
    """
    lines: list[str] = []
    with environment.providers(folder) as (env, keep):
        code = terraform.run(
            command,
            env=env,
            keep=keep,
            log=folder / "terraform.log",
            on_line=lines.append,
            json=terraform_cli.FLAG,
            input=False,
            **options,
        )
    transcript = Transcript.of("\n".join(lines))
    if code:
        found = transcript.errors
        said = f"{found[0].summary}: {found[0].detail}" if found else f"exit code {code}"
        raise PressoError(f"The bucket for the states is not ready: {said}")
    return transcript
