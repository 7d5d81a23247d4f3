"""States in a bucket: made, locked, listed, forgotten and moved there, by Terraform's own S3 backend."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from presso import tenants
from presso.deployment import (
    bucket_setup,
    state_continuity,
    state_files,
    state_lock,
    state_migration,
    status,
    unit_selection,
)
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.outcome import Action, Outcome
from presso.errors import PressoError, UsageError
from presso.presenters import units
from presso.tenants import StateBucket
from presso.units import state_bucket, tenant_marks
from presso.units.unit import Unit
from presso.workspace import Workspace

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


@pytest.fixture
def versioned(bucket: "Platform") -> str:
    """The name of a bucket that keeps versions."""
    name, s3 = "states-with-versions", bucket.root("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_of_a_truncated_state_the_newest_complete_version_is_named_with_the_way_back(
    bucket: "Platform", versioned: str
) -> None:
    s3, kept_in = bucket.root("s3"), versioned
    cups, place = Unit("trento", "cups"), StateBucket(bucket=kept_in)
    name = state_bucket.key(place, cups)
    texts = [
        '{"serial": 1, "resources": []}',
        '{"serial": 2, "resources": []}',
        '{"serial": 3, "é'.encode()[:-1],
    ]
    kept = [s3.put_object(Bucket=kept_in, Key=name, Body=text)["VersionId"] for text in texts]
    with pytest.raises(PressoError, match=r"cups\.tfstate in bucket states-with-versions is not a") as error:
        state_files.read(bucket.workspace, cups, place)
    source = re.search(r"--copy-source '(\S+)/trento/cups.tfstate\?versionId=(\S+)'", error.value.hint)
    assert source
    assert source.groups() == (kept_in, kept[1])
    copied = {"Bucket": kept_in, "Key": name, "VersionId": kept[1]}
    s3.copy_object(Bucket=kept_in, Key=name, CopySource=copied)
    restored = state_files.read(bucket.workspace, cups, place)
    assert restored is not None
    assert restored.resources == 0


def test_a_lost_or_older_state_is_reported_before_anything_runs_with_the_version_to_go_back_to(
    bucket: "Platform", versioned: str
) -> None:
    s3, unit = bucket.root("s3"), Unit("parma")
    bucket.tenant("parma", state={"bucket": versioned})
    place = tenants.load(bucket.workspace, "parma").state
    assert place
    records, name = ConfirmedStates(bucket.workspace, unit, place), state_bucket.key(place, unit)
    run = records.begin()
    for serial in (6, 8):
        s3.put_object(Bucket=versioned, Key=name, Body=state(serial))
    records.end(run, {})
    s3.put_object(Bucket=versioned, Key=name, Body=state(7))

    def restored(outcome: Outcome) -> None:
        version = re.search(rf"--copy-source '{versioned}/{name}\?versionId=(\S+)'", outcome.hint)
        assert version
        found = s3.get_object(Bucket=versioned, Key=name, VersionId=version[1])["Body"].read()
        assert found.decode() == state(8)
        copied = {"Bucket": versioned, "Key": name, "VersionId": version[1]}
        s3.copy_object(Bucket=versioned, Key=name, CopySource=copied)
        state_continuity.refuse(bucket.workspace, unit, place)

    older = bucket.run("plan", "parma")["parma"]
    where = f"s3://{versioned}/{name}"
    assert older.message == f"an older state (serial 7; the last run left 8) is in {where}."
    restored(older)
    s3.delete_object(Bucket=versioned, Key=name)
    lost = bucket.run("destroy", "parma")["parma"]
    assert lost.message == f"the state is lost; the last run left serial 8 in {where}."
    restored(lost)
    for gone in (name, f"{name}.confirmed.json"):
        s3.delete_object(Bucket=versioned, Key=gone)
    deleted = bucket.run("apply", "parma")["parma"]
    assert deleted.message == f"the state was deleted while it held resources: {where}."
    restored(deleted)


def test_what_a_killed_run_elsewhere_has_left_of_a_unit_that_no_tenant_lists_any_more_is_destroyed(
    bucket: "Platform", versioned: str
) -> None:
    bucket.tenant("bari", state={"bucket": versioned})
    place = StateBucket(bucket=versioned)
    unit, tags = Unit("bari", "cups"), {"presso:tenant": "bari", "presso:extension": "cups"}
    queue = bucket.root("sqs").create_queue(QueueName="bari--cups--orders", tags=tags)["QueueUrl"]
    records = ConfirmedStates(bucket.workspace, unit, place)
    records.begin()
    (left,) = state_files.deployed(bucket.workspace, [tenants.load(bucket.workspace, "bari")])
    assert (left.unit, left.broken is None) == (unit, False)
    selection = unit_selection.select(bucket.workspace, "apply", [], everything=True)
    assert unit in selection.orphaned
    assert results(bucket, "destroy", "bari/cups") == {"bari/cups": "destroyed"}
    with pytest.raises(ClientError, match="NonExistentQueue"):
        bucket.root("sqs").get_queue_attributes(QueueUrl=queue)
    assert not records.exists()


def test_tenants_without_a_file_that_a_bucket_knows_are_named_with_the_command(
    bucket: "Platform", versioned: str, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = bucket.root("s3")
    bucket.tenant("lodi", state={"bucket": versioned, "prefix": "fairs/"})
    for name in ("gone/platform.tfstate", "gone/cups.tfstate", "done/runs/x.json", "lodi/cups.tfstate"):
        s3.put_object(Bucket=versioned, Key=f"fairs/{name}", Body=state(3))
    s3.put_object(Bucket=versioned, Key="fairs/UPPER/platform.tfstate", Body=state(3))
    selection = unit_selection.select(bucket.workspace, "plan", [], everything=True)
    named = [name for name, place in selection.without_file.items() if place == f"{versioned}/fairs"]
    assert named == ["gone"]  # others are of other tests
    assert {**unit_selection.select(bucket.workspace, "plan", ["lodi"]).without_file} == {}
    units.show_notes("plan", selection)
    assert "fairs has states of gone, which has no tenants/gone/tenant.yaml here." in capsys.readouterr().err
    units.show("plan", [], selection, since=0, json_wanted=True, quiet=True)
    assert json.loads(capsys.readouterr().out)["without_file"] == sorted(selection.without_file)


def test_no_state_is_lost_that_was_moved_destroyed_or_given_up(bucket: "Platform", versioned: str) -> None:
    s3, unit = bucket.root("s3"), Unit("pisa")
    place = StateBucket(bucket=versioned)
    name = state_bucket.key(place, unit)

    def deleted(text: str) -> None:
        s3.put_object(Bucket=versioned, Key=name, Body=text)
        s3.delete_object(Bucket=versioned, Key=name)

    s3.put_object(Bucket=versioned, Key=name, Body=state(7))
    bucket.tenant("pisa")
    assert len(migrated(bucket, "pisa", place)) == 1
    state_continuity.refuse(bucket.workspace, unit, place)
    state_files.unlink(unit.state(bucket.workspace))
    # As Terraform leaves it, before a destroy removes it.
    deleted(json.dumps({**json.loads(state(9)), "resources": []}, indent=2))
    state_continuity.refuse(bucket.workspace, unit, place)
    records = ConfirmedStates(bucket.workspace, unit, place)
    records.end(records.begin(), None)  # a new unit of that name, which nothing was created of
    records.forget()
    deleted(state(11))
    with pytest.raises(PressoError, match="was deleted while it held resources") as error:
        state_continuity.refuse(bucket.workspace, unit, place)
    said = re.search(rf"echo '(.+)' \| aws s3 cp - s3://{versioned}/(\S+)", error.value.hint)
    assert said
    s3.put_object(Bucket=versioned, Key=said[2], Body=said[1])
    state_continuity.refuse(bucket.workspace, unit, place)


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
    # One that was broken while presso held it, and that another run has by now, is not removed.
    with state_bucket.locked(place, Unit("sfo"), "forget") as is_held:
        assert is_held
        bucket.root("s3").put_object(Bucket=BUCKET, Key=lock, Body=json.dumps(held))
    assert state_bucket.lock(place, Unit("sfo")) == held
    state_lock.remove(bucket.workspace, Unit("sfo"))
    with state_bucket.locked(place, Unit("sfo"), "forget"):
        pass
    assert state_bucket.lock(place, Unit("sfo")) is None
    assert results(bucket, "destroy", "sfo") == {"sfo": "destroyed"}
    assert keys(bucket) == []


def migrated(platform: "Platform", name: str, source: StateBucket | None = None) -> list[tuple[str, str]]:
    """The states of a tenant that were moved: from where to where."""
    moved = state_migration.migrate(platform.workspace, tenants.load(platform.workspace, name), source)
    return [(each.source, each.destination) for each in moved]


def test_a_state_is_not_left_behind_but_moved_with_the_errors_command(bucket: "Platform") -> None:
    bucket.tenant("rome")
    assert results(bucket, "apply", "rome") == {"rome": "applied"}
    bucket.tenant("rome", state={"bucket": BUCKET})
    outcome = bucket.run("apply", "rome")["rome"]
    assert outcome.result == "failed"
    file = ".presso/state/rome/platform/platform.tfstate"
    assert f"is in {file}, but tenants/rome/tenant.yaml names" in outcome.message
    assert outcome.hint == "Move it there: presso state migrate rome"
    there = f"s3://{BUCKET}/rome/platform.tfstate"
    assert migrated(bucket, "rome") == [(file, there)]
    assert not (bucket.workspace.home / "state" / "rome").exists()
    assert results(bucket, "plan", "rome") == {"rome": "unchanged"}
    bucket.tenant("rome")  # and not back again by leaving it out
    assert "is in bucket states-of-the-bars" in results(bucket, "apply", "rome")["rome"]
    assert migrated(bucket, "rome") == [(there, file)]
    assert not any(name.startswith("rome/") for name in keys(bucket))
    assert results(bucket, "plan", "rome") == {"rome": "unchanged"}
    assert results(bucket, "destroy", "rome") == {"rome": "destroyed"}


def state(serial: int, lineage: str = "a") -> str:
    """A state of one queue."""
    queue = {"mode": "managed", "type": "aws_sqs_queue", "name": "q", "instances": [{"attributes": {}}]}
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": [queue]}, indent=2)


@pytest.fixture
def kept(bucket: "Platform") -> Callable[[str, str], Path]:
    """`kept(tenant, text)` writes the file that is the state of the tenant's platform."""

    def write(name: str, text: str) -> Path:
        bucket.tenant(name, state={"bucket": BUCKET, "prefix": "moved/"})
        file = Unit(name).state(bucket.workspace)
        file.parent.mkdir(parents=True)
        file.write_text(text)
        return file

    return write


def stored(platform: "Platform", key: str) -> str:
    """The text of an object."""
    text: str = platform.root("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    return text


def test_a_move_that_was_cut_short_is_completed_by_the_next(
    bucket: "Platform", kept: Callable[[str, str], Path]
) -> None:
    file = kept("lima", state(7))
    bucket.root("s3").put_object(Bucket=BUCKET, Key="moved/lima/platform.tfstate", Body=state(7))
    assert len(migrated(bucket, "lima")) == 1
    assert not file.exists()
    assert stored(bucket, "moved/lima/platform.tfstate") == state(7)
    assert migrated(bucket, "lima") == []
    assert not any(name.endswith(".tflock") for name in keys(bucket))


@pytest.mark.parametrize(
    ("name", "other", "named"),
    [
        ("bonn", state(9), "two versions of one state, serial 7 and 9"),
        ("kiel", state(7, "b"), "two states, serial 7 and 7"),
    ],
)
def test_of_two_states_none_is_overwritten(
    bucket: "Platform", kept: Callable[[str, str], Path], name: str, other: str, named: str
) -> None:
    file, key = kept(name, state(7)), f"moved/{name}/platform.tfstate"
    bucket.root("s3").put_object(Bucket=BUCKET, Key=key, Body=other)
    with pytest.raises(PressoError, match=named):
        migrated(bucket, name)
    assert (file.read_text(), stored(bucket, key)) == (state(7), other)


def test_a_state_that_a_run_has_locked_is_not_moved(
    bucket: "Platform", kept: Callable[[str, str], Path]
) -> None:
    file = kept("oulu", state(1))
    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ada@bar", "Created": "2026-05-01T10:00:00Z"}
    held = "moved/oulu/platform.tfstate.tflock"
    bucket.root("s3").put_object(Bucket=BUCKET, Key=held, Body=json.dumps(lock))
    with pytest.raises(PressoError, match="oulu is locked by ada@bar: apply, since 2026-05-01T10:00:00 UTC"):
        migrated(bucket, "oulu")
    assert file.read_text() == state(1)
    assert held in keys(bucket)
    bucket.root("s3").delete_object(Bucket=BUCKET, Key=held)
    script = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as terraform:
        assert terraform.stdout
        terraform.stdout.readline()
        with pytest.raises(PressoError, match="a Terraform on this machine has locked it"):
            migrated(bucket, "oulu")
        terraform.communicate()
    assert len(migrated(bucket, "oulu")) == 1


def test_states_of_another_machine_are_moved_from_the_bucket_that_is_named(bucket: "Platform") -> None:
    for part in ("platform", "cups"):
        bucket.root("s3").put_object(Bucket=BUCKET, Key=f"old/nice/{part}.tfstate", Body=state(3))
    bucket.tenant("nice", "cups", state={"bucket": BUCKET, "prefix": "new/"})
    source = state_migration.bucket_named(f"{BUCKET}/old", "us-east-1")
    assert migrated(bucket, "nice", source) == [
        (f"s3://{BUCKET}/old/nice/{part}.tfstate", f"s3://{BUCKET}/new/nice/{part}.tfstate")
        for part in ("platform", "cups")
    ]
    assert [name for name in keys(bucket) if "nice" in name] == [
        "new/nice/cups.tfstate",
        "new/nice/platform.tfstate",
    ]


@pytest.mark.parametrize("text", ["", "A/b", "acme-states/ä", "acme-states//x"])
def test_a_bucket_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--from"):
        state_migration.bucket_named(text, "us-east-1")


def prepared(platform: "Platform", bucket: str) -> bucket_setup.PreparedBucket:
    """What `presso state init` does for a tenant with this bucket."""
    platform.tenant("turin", state={"bucket": bucket})
    tenant = tenants.load(platform.workspace, "turin")
    return bucket_setup.prepare(platform.workspace, tenant, platform.environment)


def test_a_bucket_for_states_is_created_once_and_its_settings_are_restored(bucket: "Platform") -> None:
    name, s3 = "states-of-turin", bucket.root("s3")
    made = prepared(bucket, name)
    assert made.created
    assert len(made.changed) == 5
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
    policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert [(each["Effect"], each["Condition"]) for each in policy] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]
    assert prepared(bucket, name) == bucket_setup.PreparedBucket(name, "us-east-1", False, ())
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_policy(Bucket=name)
    again = prepared(bucket, name)
    assert (again.created, again.changed) == (False, ("aws_s3_bucket_policy", "aws_s3_bucket_versioning"))
    assert not (bucket.workspace.home / "state-buckets" / name).exists()


def test_a_bucket_that_a_killed_run_has_left_is_completed(bucket: "Platform") -> None:
    bucket.root("s3").create_bucket(Bucket="left-by-a-kill")
    completed = prepared(bucket, "left-by-a-kill")
    assert not completed.created
    assert "aws_s3_bucket_policy" in completed.changed


def test_a_bucket_for_something_else_stays_as_it_is(bucket: "Platform") -> None:
    bucket.root("s3").create_bucket(Bucket="pictures")
    bucket.root("s3").put_object(Bucket="pictures", Key="cat.png", Body=b"")
    with pytest.raises(PressoError, match="Bucket pictures is there, and presso did not create it"):
        prepared(bucket, "pictures")
    assert "Status" not in bucket.root("s3").get_bucket_versioning(Bucket="pictures")


def test_without_a_bucket_in_the_tenants_file_none_is_created(bucket: "Platform") -> None:
    bucket.tenant("turin")
    with pytest.raises(UsageError, match=r"turin/tenant\.yaml names no bucket"):
        bucket_setup.prepare(bucket.workspace, tenants.load(bucket.workspace, "turin"), bucket.environment)


def test_an_extensions_session_reads_no_state_and_a_tenants_ci_only_its_own(bucket: "Platform") -> None:
    bucket.tenant("nyc", "cups")
    assert results(bucket, "apply", "nyc") == {"nyc": "applied"}
    for tenant in ("nyc", "sfo"):
        bucket.root("s3").put_object(Bucket=BUCKET, Key=f"{tenant}/platform.tfstate", Body=state(1))
    extension, ci = bucket.session("nyc/cups")("s3"), bucket.limited("ci-of-nyc", ci_policy("nyc"))("s3")
    for client, tenant in ((extension, "nyc"), (extension, "sfo"), (ci, "sfo")):
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.get_object(Bucket=BUCKET, Key=f"{tenant}/platform.tfstate")
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.put_object(Bucket=BUCKET, Key=f"{tenant}/platform.tfstate", Body=b"")
    assert ci.get_object(Bucket=BUCKET, Key="nyc/platform.tfstate")["Body"].read().decode() == state(1)
    assert results(bucket, "destroy", "nyc") == {"nyc": "destroyed"}


def ci_policy(tenant: str) -> dict[str, Any]:
    """What docs/guides/platform.md gives to the CI of one tenant."""
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    return {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:s3:::{BUCKET}/{tenant}/*"}


def test_a_platform_is_not_destroyed_under_an_apply_on_another_machine_nor_the_reverse(
    bucket: "Platform",
) -> None:
    bucket.tenant("faro", "cups", state={"bucket": BUCKET})
    place = StateBucket(bucket=BUCKET)
    platform, cups = Unit("faro"), Unit.named("faro/cups")
    assert results(bucket, "apply", "faro") == {"faro": "applied"}
    with tenant_marks.marked(place, cups, "apply"):
        refused = bucket.run("destroy", "faro", "faro/*")["faro"]
    assert refused.result == "failed"
    assert "another run works on faro/cups (apply by " in refused.message
    assert "presso state unlock faro/cups" in refused.hint
    with tenant_marks.marked(place, platform, "destroy"):
        assert "another run works on faro (destroy by " in results(bucket, "apply", "faro/cups")["faro/cups"]
    held = tenant_marks.marked(place, cups, "apply")
    with contextlib.ExitStack() as killed:  # a run that was killed leaves its mark
        killed.enter_context(held)
        assert "cups is locked by" in str(state_lock.find(bucket.workspace, cups))
        state_lock.remove(bucket.workspace, cups)
        assert state_lock.find(bucket.workspace, cups) is None
        assert results(bucket, "destroy", "faro") == {"faro": "destroyed"}
    assert not [name for name in keys(bucket) if name.startswith("faro/")]


def test_two_runs_from_two_checkouts_end_in_one_right_state_and_name_each_conflict(
    bucket: "Platform", tmp_path: Path
) -> None:
    bucket.tenant("bari", "cups", state={"bucket": BUCKET})
    root = shutil.copytree(
        bucket.workspace.root, tmp_path / "other", ignore=shutil.ignore_patterns(".presso")
    )
    other = replace(bucket, workspace=Workspace(root, root / ".presso"))
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(results, each, "apply", "bari", "bari/*") for each in (bucket, other)]
        found = [each.result() for each in both]
    right = {"applied", "unchanged"}
    for outcomes in found:
        for name, said in outcomes.items():
            assert said in right or "locked by" in said or said.startswith("skipped"), (name, found)
    assert "applied" in {outcomes["bari"] for outcomes in found}
    assert results(other, "apply", "bari", "bari/*").keys() == {"bari", "bari/cups"}
    assert results(bucket, "plan", "bari", "bari/*") == {"bari": "unchanged", "bari/cups": "unchanged"}
    assert results(other, "destroy", "bari", "bari/*") == {"bari": "destroyed", "bari/cups": "destroyed"}
    assert not [name for name in keys(bucket) if name.startswith("bari/")]


def test_a_bucket_that_is_not_there_is_named(bucket: "Platform") -> None:
    bucket.tenant("oslo", state={"bucket": "missing-bucket"})
    assert "missing-bucket cannot be read" in results(bucket, "plan", "oslo")["oslo"]
    broken = [state.broken for state in status.look(bucket.workspace).states if state.broken]
    assert [error.message.partition(":")[0] for error in broken] == [
        "The states in bucket missing-bucket cannot be read"
    ]
    (bucket.workspace.tenants / "oslo" / "tenant.yaml").unlink()
