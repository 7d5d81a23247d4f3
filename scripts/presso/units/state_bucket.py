"""Units' states in a bucket, as Terraform's S3 backend keeps them: `<prefix><tenant>/<unit>.tfstate`.

A lock is an object beside the state, created only if it does not exist (`use_lockfile`).
"""

import json
import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from presso.aws_access import listed_items
from presso.errors import PressoError
from presso.tenants import StateBucket
from presso.units.unit import Unit

_ENDING = ".tfstate"
_BESIDE = ".confirmed.json"
_AT_A_TIME = 16
_VERSIONS = 20


def key(bucket: StateBucket, unit: Unit) -> str:
    """Return the name of a unit's state in a bucket."""
    return f"{bucket.prefix}{unit.tenant}/{unit.part}{_ENDING}"


def backend(bucket: StateBucket, unit: Unit) -> dict[str, Any]:
    """Return the configuration of Terraform's S3 backend for a unit."""
    place = {"bucket": bucket.bucket, "key": key(bucket, unit), "region": bucket.region}
    return {**place, "use_lockfile": True, "encrypt": True}


def of_tenant(bucket: StateBucket, tenant: str) -> list[tuple[Unit, str, datetime]]:
    """Return every state of a tenant: its unit, its text, when it was written.

    Raises:
        PressoError: AWS denies reading it.
    """
    return texts(bucket, units(bucket, tenant))


def texts(bucket: StateBucket, wanted: Sequence[Unit]) -> list[tuple[Unit, str, datetime]]:
    """Return the states of units: each unit that has one, its text, when it was written.

    Raises:
        PressoError: AWS denies reading it.
    """
    from concurrent.futures import ThreadPoolExecutor

    with asking(bucket):
        client = client_of(bucket)
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            states = list(pool.map(lambda unit: read(bucket, unit, client), wanted))
    return [(unit, *state) for unit, state in zip(wanted, states, strict=True) if state]


def units(bucket: StateBucket, tenant: str) -> list[Unit]:
    """Return the units of a tenant that have a state.

    Raises:
        PressoError: AWS denies reading it.
    """
    return kept(bucket, tenant)[0]


def with_states(bucket: StateBucket, tenants: Sequence[str]) -> list[str]:
    """Return those of the tenants that have a state.

    Raises:
        PressoError: AWS denies reading one.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = pool.map(lambda tenant: units(bucket, tenant), tenants)
        return [tenant for tenant, each in zip(tenants, found, strict=True) if each]


def kept(bucket: StateBucket, tenant: str) -> tuple[list[Unit], list[Unit]]:
    """Return the units of a tenant that have a state, and those that have only presso's object beside one.

    Raises:
        PressoError: AWS denies reading it.
    """
    start = f"{bucket.prefix}{tenant}/"
    found = [name[len(start) :] for name in names(bucket, start)]
    found = [name for name in found if "/" not in name]  # else it is of a prefix that begins so
    with_state = {
        Unit.of_part(tenant, name.removesuffix(_ENDING)) for name in found if name.endswith(_ENDING)
    }
    end = _ENDING + _BESIDE
    recorded = {Unit.of_part(tenant, name.removesuffix(end)) for name in found if name.endswith(end)}
    return sorted(with_state), sorted(recorded - with_state)


def tenants(bucket: StateBucket) -> list[str]:
    """Return the names of the tenants of which a bucket keeps anything.

    Raises:
        PressoError: AWS denies reading it.
    """
    where = {"Bucket": bucket.bucket, "Prefix": bucket.prefix, "Delimiter": "/"}
    with asking(bucket):
        found = listed_items(client_of(bucket), "list_objects_v2", "CommonPrefixes", **where)
        return [each["Prefix"][len(bucket.prefix) : -1] for each in found]


def read(bucket: StateBucket, unit: Unit, client: Any = None) -> tuple[str, datetime] | None:
    """Return a unit's state as text and when it was written; None where there is none.

    Raises:
        PressoError: AWS denies reading it.
    """
    with asking(bucket):
        client = client or client_of(bucket)
        try:
            answer = client.get_object(Bucket=bucket.bucket, Key=key(bucket, unit))
        except client.exceptions.NoSuchKey:
            return None
        return answer["Body"].read().decode("utf-8", "replace"), answer["LastModified"]


def versions(bucket: StateBucket, unit: Unit) -> Iterator[tuple[str, str, datetime]]:
    """Yield the newest versions of a unit's state that the bucket keeps: id, text, when it was written.

    Raises:
        PressoError: AWS denies reading them.
    """
    return _versions(bucket, key(bucket, unit))


def newest_beside(bucket: StateBucket, unit: Unit) -> list[str]:
    """Return the text of the newest version of presso's own object beside a state, be it deleted; or nothing.

    Raises:
        PressoError: AWS denies reading it.
    """
    return [text for _, text, _ in islice(_versions(bucket, beside(bucket, unit)), 1)]


def _versions(bucket: StateBucket, name: str) -> Iterator[tuple[str, str, datetime]]:
    with asking(bucket):
        client = client_of(bucket)
        listed = client.list_object_versions(Bucket=bucket.bucket, Prefix=name).get("Versions", [])
        for found in [each for each in listed if each["Key"] == name][:_VERSIONS]:
            answer = client.get_object(Bucket=bucket.bucket, Key=name, VersionId=found["VersionId"])
            yield found["VersionId"], answer["Body"].read().decode("utf-8", "replace"), found["LastModified"]


@contextmanager
def locked(bucket: StateBucket, unit: Unit, operation: str) -> Iterator[bool]:
    """Hold Terraform's own lock on a unit's state; yield whether that was possible.

    Args:
        bucket: The bucket.
        unit: The unit.
        operation: What Terraform and presso show to a run that finds the lock.

    Raises:
        PressoError: AWS denies it.
    """
    from botocore.exceptions import ClientError

    name = f"{key(bucket, unit)}.tflock"
    ours = _lock(key(bucket, unit), operation)
    with asking(bucket):
        client = client_of(bucket)
        try:
            client.put_object(Bucket=bucket.bucket, Key=name, Body=ours, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            yield False
            return
        try:
            yield True
        finally:
            if get(bucket, name) == ours.decode():  # else it was broken meanwhile, and another run has it
                client.delete_object(Bucket=bucket.bucket, Key=name)


def remove_if(bucket: StateBucket, unit: Unit, empty: Any) -> bool:
    """Remove a unit's state under Terraform's own lock, if `empty(text)`; return whether.

    A state that a Terraform has locked stays. A bucket with versioning can restore it.

    Raises:
        PressoError: AWS denies it.
    """
    with locked(bucket, unit, "forget") as is_held:
        if not is_held:
            return False
        found = read(bucket, unit)
        if found and not empty(found[0]):
            return False
        remove(bucket, unit)
    return True


def write(bucket: StateBucket, unit: Unit, text: str) -> None:
    """Write a unit's state; the caller holds its lock.

    Raises:
        PressoError: AWS denies it.
    """
    with asking(bucket):
        client_of(bucket).put_object(
            Bucket=bucket.bucket,
            Key=key(bucket, unit),
            Body=text.encode(),
            ContentType="application/json",
            ServerSideEncryption="AES256",
        )


def remove(bucket: StateBucket, unit: Unit) -> None:
    """Remove a unit's state; the caller holds its lock. A bucket with versioning can restore it.

    Raises:
        PressoError: AWS denies it.
    """
    delete(bucket, key(bucket, unit))


def lock(bucket: StateBucket, unit: Unit) -> dict[str, str] | None:
    """Return who holds a unit's state (`Who`, `Operation`, `Created`, …); None when it is not locked.

    Raises:
        PressoError: AWS denies reading it.
    """
    text = get(bucket, f"{key(bucket, unit)}.tflock")
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def unlock(bucket: StateBucket, unit: Unit) -> None:
    """Remove the lock of a unit's state.

    Raises:
        PressoError: AWS denies it.
    """
    delete(bucket, f"{key(bucket, unit)}.tflock")


def beside(bucket: StateBucket, unit: Unit) -> str:
    """Return the name of presso's own object beside a unit's state."""
    return key(bucket, unit) + _BESIDE


def read_beside(bucket: StateBucket, unit: Unit) -> str | None:
    """Return the text of presso's own object beside a unit's state; None where there is none.

    Raises:
        PressoError: AWS denies reading it.
    """
    return get(bucket, beside(bucket, unit))


def write_beside(bucket: StateBucket, unit: Unit, text: str) -> None:
    """Write presso's own object beside a unit's state.

    Raises:
        PressoError: AWS denies it.
    """
    put(bucket, beside(bucket, unit), text)


def remove_beside(bucket: StateBucket, unit: Unit) -> None:
    """Remove presso's own object beside a unit's state.

    Raises:
        PressoError: AWS denies it.
    """
    delete(bucket, beside(bucket, unit))


def get(bucket: StateBucket, name: str) -> str | None:
    """Return the text of one of presso's own objects; None where there is none.

    Raises:
        PressoError: AWS denies reading it.
    """
    with asking(bucket):
        client = client_of(bucket)
        try:
            answer = client.get_object(Bucket=bucket.bucket, Key=name)
        except client.exceptions.NoSuchKey:
            return None
        text: str = answer["Body"].read().decode("utf-8", "replace")
        return text


def put(bucket: StateBucket, name: str, text: str) -> None:
    """Write one of presso's own objects.

    Raises:
        PressoError: AWS denies it.
    """
    with asking(bucket):
        client_of(bucket).put_object(Bucket=bucket.bucket, Key=name, Body=text.encode())


def delete(bucket: StateBucket, name: str) -> None:
    """Remove one of presso's own objects.

    Raises:
        PressoError: AWS denies it.
    """
    with asking(bucket):
        client_of(bucket).delete_object(Bucket=bucket.bucket, Key=name)


def names(bucket: StateBucket, start: str) -> list[str]:
    """Return the names of the objects that start so.

    Raises:
        PressoError: AWS denies reading them.
    """
    with asking(bucket):
        listed = listed_items(
            client_of(bucket), "list_objects_v2", "Contents", Bucket=bucket.bucket, Prefix=start
        )
        return [found["Key"] for found in listed]


def _lock(name: str, operation: str) -> bytes:
    """What Terraform prints about a lock to a run that waits for it."""
    created = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    who = f"presso@{socket.gethostname()}"
    return json.dumps(
        {"ID": str(uuid.uuid4()), "Operation": operation, "Path": name, "Who": who, "Created": created}
    ).encode()


def client_of(bucket: StateBucket) -> Any:
    """Return a client of S3 in a bucket's region, with the caller's own keys."""
    settings = {name: value for name, value in os.environ.items() if name == "HOME" or "AWS_" in name}
    return _client(bucket.region, tuple(sorted(settings.items())))


@lru_cache(8)
def _client(region: str, settings: tuple[tuple[str, str], ...]) -> Any:
    """A client for all threads, for as long as these variables stay: making one takes longer than a call."""
    import boto3

    return boto3.Session(region_name=region).client("s3")


@contextmanager
def asking(
    bucket: StateBucket,
    failed: str = "The states in bucket {bucket} cannot be read",
    hint: str = "create the bucket: presso state init TENANT",
) -> Iterator[None]:
    """Report what AWS refuses.

    Args:
        bucket: The bucket.
        failed: The message before AWS's own words.
        hint: What else to do, beside logging in.

    Raises:
        PressoError: AWS denies a call, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PressoError(
            f"{failed.format(bucket=bucket.bucket)}: {error}",
            hint=f"Log in first (aws sso login, AWS_PROFILE), and {hint}",
        ) from error
