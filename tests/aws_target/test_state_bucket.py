"""States in a bucket: made, locked, listed, forgotten and moved there, by Terraform's own S3 backend."""

import json
from typing import TYPE_CHECKING

import pytest
from tests.terraform import Terraform

from presso import tenants
from presso.deployment import state_files, state_lock, status
from presso.deployment.outcome import Action
from presso.errors import PressoError
from presso.units import state_bucket
from presso.units.unit import Unit

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.aws_target.conftest import Platform

ACCOUNT = "111111111112"  # not that of the other tests, which share the local AWS
BUCKET = "states-of-the-bars"
QUEUE = 'resource "aws_sqs_queue" "default" {\n  name = "${var.context.prefix}orders"\n}\n'


@pytest.fixture
def bucket(platform: "Platform", monkeypatch: pytest.MonkeyPatch) -> "Platform":
    """The platform with a bucket, and an extension `cups`."""
    key, secret = platform.keys
    environment = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    for name, value in {**platform.running.environment(), **environment}.items():
        monkeypatch.setenv(name, value)
    platform.root("s3").create_bucket(Bucket=BUCKET)
    platform.extension("cups", QUEUE)
    return platform


def keys(platform: "Platform") -> list[str]:
    """The names of what is in the bucket."""
    listed = platform.root("s3").list_objects_v2(Bucket=BUCKET)
    return sorted(found["Key"] for found in listed.get("Contents", []))


def results(platform: "Platform", action: Action, *patterns: str, **options: bool) -> dict[str, str]:
    """The results of a run by unit, each with what went wrong."""
    outcomes = platform.run(action, *patterns, **options)
    return {name: f"{found.result} {found.message}".strip() for name, found in outcomes.items()}


def test_a_unit_lives_and_leaves_nothing_in_the_bucket(bucket: "Platform") -> None:
    bucket.tenant("nyc", "cups", state={"bucket": BUCKET, "prefix": "bars/"})
    applied = {"nyc": "applied", "nyc/cups": "applied"}
    assert results(bucket, "apply", "nyc", "nyc/*") == applied
    states = ["bars/nyc/cups.tfstate", "bars/nyc/platform.tfstate"]
    assert keys(bucket) == sorted([*states, *(f"{state}.confirmed.json" for state in states)])
    assert not (bucket.workspace.home / "state").exists()
    shown = {str(state.unit): state.resources for state in status.look(bucket.workspace).states}
    assert shown == {"nyc": 11, "nyc/cups": 2}
    with pytest.raises(PressoError, match="nyc/cups is still deployed on it"):
        bucket.run("destroy", "nyc")
    bucket.tenant("nyc", state={"bucket": BUCKET, "prefix": "bars/"})
    assert results(bucket, "destroy", "nyc/cups") == {"nyc/cups": "destroyed"}  # not asked for any more
    assert results(bucket, "destroy", "nyc") == {"nyc": "destroyed"}
    assert keys(bucket) == []
    assert results(bucket, "destroy", "nyc") == {"nyc": "absent"}


def test_a_lock_that_is_held_is_named_and_what_it_holds_stays(bucket: "Platform") -> None:
    bucket.tenant("sfo", state={"bucket": BUCKET})
    assert results(bucket, "apply", "sfo") == {"sfo": "applied"}
    place = tenants.load(bucket.workspace, "sfo").state
    assert place
    assert not state_files.forget(bucket.workspace, Unit("sfo"), place)  # it holds something
    lock = f"{state_bucket.key(place, Unit('sfo'))}.tflock"
    held = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ada@bar", "Created": "2026-05-01T10:00:00Z"}
    bucket.root("s3").put_object(Bucket=BUCKET, Key=lock, Body=json.dumps(held))
    assert not state_bucket.remove_if(place, Unit("sfo"), lambda text: True)
    assert "locked by ada@bar: apply" in results(bucket, "apply", "sfo")["sfo"]
    assert str(state_lock.find(bucket.workspace, Unit("sfo"))).startswith("sfo is locked by ada@bar: apply, ")
    state_lock.remove(bucket.workspace, Unit("sfo"))
    assert state_lock.find(bucket.workspace, Unit("sfo")) is None
    assert results(bucket, "destroy", "sfo") == {"sfo": "destroyed"}
    assert keys(bucket) == []


def test_a_local_state_is_not_left_behind_but_moved_with_the_errors_command(bucket: "Platform") -> None:
    bucket.tenant("rome")
    assert results(bucket, "apply", "rome") == {"rome": "applied"}
    bucket.tenant("rome", state={"bucket": BUCKET})
    outcome = bucket.run("apply", "rome")["rome"]
    assert outcome.result == "failed"
    assert (
        "is in .presso/state/rome/platform/platform.tfstate, but tenants/rome/tenant.yaml names"
        in outcome.message
    )
    command = outcome.hint.partition("terraform ")[2].split()
    terraform = Terraform(bucket.workspace.root, bucket.environment.env)
    terraform.run(*command, "-force-copy", "-input=false")
    assert results(bucket, "plan", "rome") == {"rome": "unchanged"}
    bucket.tenant("rome")  # and not back again by leaving it out
    assert "is in bucket states-of-the-bars" in results(bucket, "apply", "rome")["rome"]
    bucket.tenant("rome", state={"bucket": BUCKET})
    assert results(bucket, "destroy", "rome") == {"rome": "destroyed"}


def test_a_bucket_that_is_not_there_is_named(bucket: "Platform") -> None:
    bucket.tenant("oslo", state={"bucket": "missing-bucket"})
    assert "missing-bucket cannot be read" in results(bucket, "plan", "oslo")["oslo"]
    broken = [state.broken for state in status.look(bucket.workspace).states if state.broken]
    assert [error.message.partition(":")[0] for error in broken] == [
        "The states in bucket missing-bucket cannot be read"
    ]
    (bucket.workspace.tenants / "oslo" / "tenant.yaml").unlink()
