"""Types without a handler: their schemas are whole, served where they are mentioned, and planned."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.offline_aws.conftest import Folder

from offline_aws import other_types, schema
from offline_aws.configuration import Caller
from offline_aws.handler_values import UNKNOWN, Values
from offline_aws.mentioned import ALL, mentioned
from offline_aws.protocol import message, message_class
from offline_aws.provider import Provider
from offline_aws.values import decode, encode
from offline_aws.without_aws import ProviderWithoutAws

AWS = schema.load("aws")
LINES = gzip.decompress(other_types.TYPES.read_bytes()).decode().splitlines(keepends=True)
NAME = re.compile(r"[a-z0-9_]+")


def test_the_index_has_the_digest_of_every_type() -> None:
    assert other_types.indexed(LINES) == other_types.INDEX.read_text()
    assert sorted(LINES) == LINES


def test_a_type_has_a_handler_or_is_among_the_others() -> None:
    handled = {*AWS.resources, *(f"data.{name}" for name in AWS.data_sources)}
    assert handled & other_types.names() == set()
    assert len(handled) + len(other_types.names()) > 2350


def faults(name: str, block: dict[str, Any]) -> Iterator[str]:
    """What Terraform refuses in a schema: internal/configs/configschema/internal_validate.go."""
    attributes, nested = block["attributes"], block.get("block_types", {})
    if attributes.keys() & nested.keys():
        yield f"{name}: attributes that are blocks"
    for member, spec in attributes.items():
        flags = (spec.get("required", False), spec.get("optional", False), spec.get("computed", False))
        if flags not in (
            (True, False, False),
            (False, True, False),
            (False, False, True),
            (False, True, True),
        ):
            yield f"{name}.{member}: {flags}"
        if '"dynamic"' in json.dumps(spec["type"]) or not NAME.fullmatch(member):
            yield f"{name}.{member}: {spec['type']}"
    for member, spec in nested.items():
        least, most = spec.get("min_items", 0), spec.get("max_items", 0)
        if spec["nesting_mode"] not in ("single", "list", "set") or 0 < most < least:
            yield f"{name}.{member}: {spec['nesting_mode']}, {least} to {most}"
        yield from faults(f"{name}.{member}", spec["block"])


def test_terraform_takes_the_schema_of_every_type() -> None:
    read = (line.split(" ", 1) for line in LINES)
    assert [fault for name, text in read for fault in faults(name, json.loads(text)["block"])] == []


# website/docs/ of hashicorp/terraform-provider-aws, 6.x: required arguments, optional ones, optional ones
# that AWS decides, exported attributes, blocks.
PUBLISHED: dict[str, tuple[str, str, str, str, str]] = {
    "aws_appautoscaling_target": (
        "max_capacity min_capacity resource_id scalable_dimension service_namespace",
        "tags",
        "role_arn",
        "arn",
        "suspended_state",
    ),
    "aws_iam_instance_profile": ("", "path role tags", "name name_prefix", "arn create_date unique_id", ""),
    "aws_kinesis_stream": (
        "name",
        "encryption_type kms_key_id retention_period shard_count shard_level_metrics tags",
        "arn",
        "",
        "stream_mode_details timeouts",
    ),
    "aws_lambda_provisioned_concurrency_config": (
        "function_name provisioned_concurrent_executions qualifier",
        "skip_destroy",
        "",
        "",
        "timeouts",
    ),
    "aws_vpc": (
        "",
        "enable_dns_support instance_tenancy ipv4_ipam_pool_id tags",
        "cidr_block enable_dns_hostnames ipv6_cidr_block",
        "arn default_route_table_id main_route_table_id owner_id",
        "",
    ),
    "aws_wafv2_web_acl": ("scope", "description tags", "name", "arn capacity", "default_action rule"),
    "data.aws_canonical_user_id": ("", "", "", "display_name", ""),
    "data.aws_vpc": ("", "", "cidr_block default state tags", "arn owner_id", "filter timeouts"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_schema_is_as_documented(name: str) -> None:
    read = name.startswith("data.")
    known = AWS.data_source(name.removeprefix("data.")) if read else AWS.resource(name)
    block = known["block"]
    required, optional, decided, exported, blocks = (set(names.split()) for names in PUBLISHED[name])

    def flagged(**flags: bool) -> set[str]:
        return {
            member
            for member, spec in block["attributes"].items()
            if all(spec.get(flag, False) is value for flag, value in flags.items())
        }

    assert flagged(required=True) == required
    assert optional <= flagged(optional=True, computed=False)
    assert decided <= flagged(optional=True, computed=True)
    assert exported <= flagged(optional=False, computed=True)
    assert blocks <= block.get("block_types", {}).keys()


def test_a_statement_of_a_web_acl_may_be_within_two_others() -> None:
    block, depth = other_types.found("aws_wafv2_web_acl")["block"]["block_types"]["rule"]["block"], 0
    while "statement" in block["block_types"]:
        block = block["block_types"]["statement"]["block"]
        assert "geo_match_statement" in block["block_types"]
        depth, block = (
            depth + 1,
            block["block_types"].get("not_statement", {"block": {"block_types": {}}})["block"],
        )
    assert depth == 3, "at the third there is no statement about another"


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_tf", ".tf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_what_a_folder_its_tests_its_modules_and_its_state_mention_is_found(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "root",
        main_tf='resource "aws_vpc" "x" {}\nresource "aws_sqs_queue" "y" {}\nlocals { aws_nothing = 1 }\n',
        tests__mocked_tftest=".",
    )
    (folder / "more.tf.json").write_text('{"data": {"aws_ami_ids": {"me": {}}}}')
    (folder / "tests" / "mocked.tftest.hcl").write_text('mock_resource "aws_lb" {}')
    (folder / "terraform.tfstate").write_text('{"resources": [{"type": "aws_instance"}]}')
    (folder / "notes.md").write_text("aws_subnet")
    written(tmp_path / "module", main_tf='resource "aws_eip" "x" {}')
    (folder / "data" / "modules").mkdir(parents=True)
    listed = {
        "Modules": [{"Key": "", "Dir": "."}, {"Key": "x", "Dir": "../module"}, {"Key": "y", "Dir": "gone"}]
    }
    (folder / "data" / "modules" / "modules.json").write_text(json.dumps(listed))
    found = mentioned(Caller(folder, {"TF_DATA_DIR": "data"}))
    assert {name for name in found if not name.startswith("data.")} == {
        "aws_eip",
        "aws_instance",
        "aws_lb",
        "aws_vpc",
    }
    assert "data.aws_ami_ids" in found


@pytest.mark.parametrize("text", ["{", "[]", '{"Modules": [1]}', '{"Modules": [{"Dir": "\\u0000"}]}'])
def test_a_list_of_modules_that_cannot_be_read_mentions_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".terraform" / "modules").mkdir(parents=True)
    (tmp_path / ".terraform" / "modules" / "modules.json").write_text(text)
    assert mentioned(Caller(tmp_path)) == frozenset()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    written(tmp_path, main_tf='resource "aws_vpc" "x" {}')
    assert "aws_vpc" in mentioned(Caller(tmp_path))
    written(tmp_path, main_tf='resource "aws_subnet" "abc" {}')
    assert {"aws_vpc", "aws_subnet"} & mentioned(Caller(tmp_path)) == {"aws_subnet"}


def asked(provider: Provider, method: str, **fields: Any) -> Any:
    answer = provider.answer(method, message(f"{method}Request", **fields))
    return message_class(f"{method}Response").FromString(answer) if isinstance(answer, bytes) else answer


def test_terraform_gets_the_handled_types_and_those_that_it_mentions(tmp_path: Path) -> None:
    written(tmp_path, main_tf='data "aws_vpc" "x" {}')
    found = asked(Provider(AWS, Caller(tmp_path)), "GetSchema")
    assert set(found.resource_schemas) == {*AWS.resources, "aws_vpc"}
    assert set(found.data_source_schemas) == {*AWS.data_sources, "aws_vpc"}
    assert {each.name for each in found.provider.block.attributes} == set(AWS.provider["attributes"])
    assert found.server_capabilities.get_provider_schema_optional


def test_terraform_gets_all_types_where_that_is_asked_for(tmp_path: Path) -> None:
    assert mentioned(Caller(tmp_path, {ALL: "1"})) == other_types.names()


def test_the_gate_gets_the_handled_types_alone(tmp_path: Path) -> None:
    written(tmp_path, main_tf='resource "aws_vpc" "x" {}')
    found = asked(ProviderWithoutAws(AWS, Caller(tmp_path, {ALL: "1"})), "GetSchema")
    assert set(found.resource_schemas) == set(AWS.resources)


def planned(name: str, /, **config: Any) -> tuple[Values, list[Any]]:
    block = other_types.found(name)["block"]
    provider = Provider(AWS, Caller(Path("/"), {"AWS_REGION": "eu-west-1"}))
    wire = message("DynamicValue", msgpack=encode(config, block))
    nothing = message("DynamicValue", msgpack=encode(None, block))
    answer = asked(
        provider,
        "PlanResourceChange",
        type_name=name,
        config=wire,
        prior_state=nothing,
        proposed_new_state=wire,
    )
    found = decode(answer.planned_state.msgpack, block)
    assert found is not None
    return found, list(answer.diagnostics)


def test_a_plan_knows_what_is_configured_and_leaves_to_aws_what_aws_decides() -> None:
    values, (warning,) = planned("aws_lb_target_group", name="orders", tags={"team": "bar"})
    assert values["name"] == "orders"
    assert values["tags_all"] == {"team": "bar"}
    assert values["region"] == "eu-west-1"
    assert values["slow_start"] is None
    assert [values[name] for name in ("arn", "id", "health_check")] == [UNKNOWN] * 3
    assert warning.severity == 2
    assert warning.detail.startswith("aws_lb_target_group is planned by its schema alone")


def test_the_error_of_a_data_source_without_handler_has_a_way_out() -> None:
    block = other_types.found("data.aws_db_instance")["block"]
    provider = Provider(AWS, Caller(Path("/"), {"AWS_REGION": "eu-west-1"}))
    config = message("DynamicValue", msgpack=encode({}, block))
    (error,) = asked(provider, "ReadDataSource", type_name="aws_db_instance", config=config).diagnostics
    assert "does not implement data.aws_db_instance" in error.summary
    assert "override_data" in error.detail


FOREIGN = """
provider "aws" {}
resource "aws_cloudfront_function" "x" {
  name    = "x"
  runtime = "cloudfront-js-2.0"
  code    = "x"
}
resource "aws_codecommit_repository" "x" { repository_name = "x" }
resource "aws_ecs_cluster" "x" { name = "x" }
resource "aws_ecr_repository" "x" { name = "x" }
resource "aws_glue_catalog_database" "x" { name = "x" }
resource "aws_instance" "x" {
  ami           = "ami-1"
  subnet_id     = aws_subnet.x.id
  root_block_device { volume_size = 8 }
}
resource "aws_lb" "x" { name = "x" }
resource "aws_lambda_provisioned_concurrency_config" "x" {
  function_name                     = "x"
  provisioned_concurrent_executions = 1
  qualifier                         = "live"
}
resource "aws_s3_bucket_versioning" "x" {
  bucket = "x"
  versioning_configuration { status = "Enabled" }
}
resource "aws_security_group" "x" {
  vpc_id  = aws_vpc.x.id
  ingress = []
}
resource "aws_sfn_activity" "x" { name = "x" }
resource "aws_sqs_queue" "x" { name = "x" }
resource "aws_subnet" "x" { vpc_id = aws_vpc.x.id }
resource "aws_vpc" "x" { cidr_block = "10.0.0.0/16" }
data "aws_vpc" "x" { id = aws_vpc.x.id }
output "role" {
  value = provider::aws::trim_iam_role_path(
    provider::aws::arn_build("aws", "iam", "", provider::aws::arn_parse("arn:aws:s3:::x").resource, "role/b")
  )
}
output "known" { value = aws_vpc.x.cidr_block }
output "target" { value = aws_lb.x.arn }
"""

MOCKED = """
mock_provider "aws" {
  mock_data "aws_vpc" {
    defaults = { cidr_block = "10.1.0.0/16" }
  }
}
run "applies_with_mocks" {
  assert {
    condition     = output.target != "" && data.aws_vpc.x.cidr_block == "10.1.0.0/16"
    error_message = "not mocked"
  }
}
"""


@pytest.mark.slow
def test_a_dozen_types_without_handler_plan_are_mocked_and_one_is_refused_at_apply(
    attached_folder: Folder,
) -> None:
    folder = attached_folder.write(FOREIGN).init()
    (folder.path / "all.tftest.hcl").write_text(MOCKED)
    said = folder.run("plan", "-no-color", "-out=plan").stdout
    assert "Plan: 14 to add" in said
    assert "(and 11 more similar warnings elsewhere)" in said
    assert '+ role   = "arn:aws:iam::x:role/b"' in said
    assert "1 passed, 0 failed" in folder.run("test", "-no-color").stdout
    refused = folder.refused("apply", "-auto-approve", "-target=aws_lb.x")
    assert "does not implement aws_lb: it only validates and plans it" in refused
    assert "PRESSO_PROVIDER=published" in refused
    assert folder.state() == {}
