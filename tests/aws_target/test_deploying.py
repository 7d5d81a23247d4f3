"""An extension on aws is made by a session for it alone: AWS itself refuses what slipped past the gate."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from presso import snapshot
from presso.deployment.outcome import Outcome
from presso.units import deploy_role, unit_folder

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.aws_target.conftest import Platform

ROOT = Path(__file__).parents[2]
EXTENSIONS = sorted(path.parent.name for path in ROOT.glob("extensions/*/main.tf"))
ARN = "arn:aws:{}:us-east-1:111111111111:{}"
ROLE = "arn:aws:iam::111111111111:role/{}"
LAMBDA = {"Service": "lambda.amazonaws.com"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"},
    }
)
ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
OPEN = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}'
)
PATTERN = '{"source":["awsserverlessda.serverlesspresso"]}'


@pytest.fixture(scope="module")
def bar(platform: "Platform") -> "Platform":
    """The tenants nyc, with the extensions `mine` and its neighbour `mine-too`, and sfo."""
    for name in ("mine", "mine-too"):
        platform.extension(name, THINGS)
    platform.tenant("nyc", "mine", "mine-too")
    platform.tenant("sfo")
    made = platform.run("apply", "nyc", "sfo", "nyc/*")
    assert [reported(outcome) for outcome in made.values() if outcome.bad] == []
    platform.root("iam").create_role(RoleName="nyc--mine--by-hand", AssumeRolePolicyDocument=TRUST)
    return platform


# A thing of each kind that a neighbour may want to touch.
THINGS = """
resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_sqs_queue" "default" {
  name = "${var.context.prefix}orders"
}
resource "aws_cloudwatch_event_rule" "default" {
  name           = "${var.context.prefix}orders"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode({ source = ["awsserverlessda.serverlesspresso"] })
}
resource "aws_ssm_parameter" "default" {
  name  = "/${var.context.prefix}limit"
  type  = "String"
  value = "10"
}
resource "aws_cloudwatch_log_group" "default" {
  name              = "/aws/vendedlogs/states/${var.context.prefix}orders"
  retention_in_days = 7
}
resource "aws_cloudwatch_log_resource_policy" "default" {
  resource_arn = aws_cloudwatch_log_group.default.arn
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "logs:PutLogEvents"
        Resource  = "${aws_cloudwatch_log_group.default.arn}:*"
      }
    ]
  })
}
resource "aws_iam_role" "default" {
  name                 = "${var.context.prefix}worker"
  permissions_boundary = var.context.boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }
    ]
  })
}
"""


def reported(outcome: Outcome) -> str:
    """What went wrong, for a failing test and for looking at a refusal."""
    lines = [f"{each.summary} {each.detail}" for each in outcome.diagnostics]
    return " ".join([str(outcome.unit), outcome.result, outcome.message, *lines])


@dataclass(frozen=True)
class Lives:
    """What became of all extensions, in one tenant.

    Args:
        outcomes: By unit, of each step.
        beside: What else was different while they were deployed, and changed.
        left: What was different when they were gone.
    """

    outcomes: list[dict[str, Outcome]]
    beside: list[str]
    left: list[str]


@pytest.fixture(scope="module")
def lives(platform: "Platform") -> Lives:
    """All extensions at once: made, planned again, changed and removed."""
    platform.tenant("rome", *EXTENSIONS)
    assert platform.run("apply", "rome")["rome"].result == "applied"
    before = snapshot.take(platform.root)
    original = unit_folder.provider

    def with_another_tag(*arguments: Any) -> dict[str, Any]:
        settings = original(*arguments)
        settings["default_tags"]["tags"]["round"] = "2"
        return settings

    outcomes = [platform.run("apply", "rome/*"), platform.run("plan", "rome/*")]
    with pytest.MonkeyPatch.context() as patch:  # every type that takes tags is changed
        patch.setattr(unit_folder, "provider", with_another_tag)
        outcomes.append(platform.run("apply", "rome/*"))
    after = snapshot.take(platform.root)
    for name in EXTENSIONS:
        after = snapshot.outside(after, f"rome--{name}--")
    outcomes.append(platform.run("destroy", "rome/*"))
    left = snapshot.differences(before, snapshot.take(platform.root))
    return Lives(outcomes, snapshot.differences(before, after), left)


@pytest.mark.parametrize("name", EXTENSIONS)
def test_every_extension_is_made_changed_and_removed_through_it(lives: Lives, name: str) -> None:
    outcomes = [step[f"rome/{name}"] for step in lives.outcomes]
    results = [outcome.result for outcome in outcomes]
    assert results == ["applied", "unchanged", "applied", "destroyed"], list(map(reported, outcomes))


def test_the_extensions_change_nothing_else_and_leave_nothing(lives: Lives) -> None:
    assert lives.beside == []
    assert lives.left == []


SLIPPED_THROUGH: dict[str, str] = {
    "a policy of all log groups": """
        resource "aws_cloudwatch_log_resource_policy" "it" {
          policy_name     = "${var.context.prefix}it"
          policy_document = jsonencode({ Version = "2012-10-17", Statement = [
            { Effect = "Allow", Principal = "*", Action = "logs:PutLogEvents", Resource = "*" }
          ] })
        }""",
    "a policy of the tenant's event log": """
        resource "aws_cloudwatch_log_resource_policy" "it" {
          resource_arn    = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/events/nyc"
          policy_document = jsonencode({ Version = "2012-10-17", Statement = [
            { Effect = "Allow", Principal = "*", Action = "logs:PutLogEvents", Resource = "*" }
          ] })
        }""",
    "a role without a boundary": f"""
        resource "aws_iam_role" "it" {{
          name               = "${{var.context.prefix}}it"
          assume_role_policy = jsonencode(jsondecode({json.dumps(TRUST)}))
        }}""",
    "a role with a neighbour's boundary": f"""
        resource "aws_iam_role" "it" {{
          name                 = "${{var.context.prefix}}it"
          permissions_boundary = "arn:aws:iam::111111111111:policy/nyc--mine-too--boundary"
          assume_role_policy   = jsonencode(jsondecode({json.dumps(TRUST)}))
        }}""",
    "a role whose boundary goes later": f"""
        resource "aws_iam_role_policy" "it" {{
          role   = "nyc--mine--by-hand"
          policy = jsonencode(jsondecode({json.dumps(ALL)}))
        }}""",
    "its own boundary": f"""
        resource "aws_iam_policy" "it" {{
          name   = "${{var.context.prefix}}boundary"
          policy = jsonencode(jsondecode({json.dumps(ALL)}))
        }}""",
    "a queue outside the prefix": 'resource "aws_sqs_queue" "it" { name = "orders" }',
    "a queue with the prefix in the middle": """
        resource "aws_sqs_queue" "it" {
          name = "big-${var.context.prefix}it"
        }""",
    "a queue with the platform's prefix": 'resource "aws_sqs_queue" "it" { name = "nyc--mine" }',
    "a neighbour's log group": """
        resource "aws_cloudwatch_log_group" "it" {
          name = "/aws/lambda/nyc--mine-too--it"
        }""",
    "a rule on another tenant's bus": f"""
        resource "aws_cloudwatch_event_rule" "it" {{
          name           = "${{var.context.prefix}}it"
          event_bus_name = "sfo"
          event_pattern  = jsonencode(jsondecode({json.dumps(PATTERN)}))
        }}""",
    "a rule on the account's own bus": f"""
        resource "aws_cloudwatch_event_rule" "it" {{
          name          = "${{var.context.prefix}}it"
          event_pattern = jsonencode(jsondecode({json.dumps(PATTERN)}))
        }}""",
    "a target of the tenant's own rule": f"""
        resource "aws_cloudwatch_event_target" "it" {{
          rule           = "nyc--event-log"
          event_bus_name = "nyc"
          arn            = "{ARN.format("sqs", "nyc--mine--orders")}"
        }}""",
    "others let onto the tenant's bus": """
        resource "aws_cloudwatch_event_permission" "it" {
          event_bus_name = "nyc"
          statement_id   = "all"
          principal      = "*"
        }""",
    "a policy of a neighbour's queue": f"""
        resource "aws_sqs_queue_policy" "it" {{
          queue_url = "https://sqs.us-east-1.amazonaws.com/111111111111/nyc--mine-too--orders"
          policy    = jsonencode(jsondecode({json.dumps(OPEN)}))
        }}""",
    "an item of a neighbour's table": """
        resource "aws_dynamodb_table_item" "it" {
          table_name = "nyc--mine-too--orders"
          hash_key   = "id"
          item       = jsonencode({ id = { S = "1" } })
        }""",
    "a neighbour's parameter, read": 'data "aws_ssm_parameter" "it" { name = "/nyc--mine-too--limit" }',
    "a bucket outside the prefix": 'resource "aws_s3_bucket" "it" { bucket = "nyc--mine-too--it" }',
    "another region": """
        resource "aws_sqs_queue" "it" {
          name   = "${var.context.prefix}it"
          region = "eu-west-1"
        }""",
}


# What Terraform itself refuses, and its message: provider configurations beside the narrowed one.
REFUSED_BY_TERRAFORM = {
    "a provider of its own": ('provider "aws" {\n  region = "us-east-1"\n}\n', "incompatible with count"),
    "an alias of its own": (
        'provider "aws" {\n  alias  = "it"\n  region = "us-east-1"\n}\n', "incompatible with count",
    ),
    "a provider in a module of its own": ('module "it" {\n  source = "./it"\n}\n', "incompatible with count"),
    "the platform's provider": (
        """
        terraform {
          required_providers {
            aws = {
              source                = "hashicorp/aws"
              configuration_aliases = [aws.platform]
            }
          }
        }""",
        "aws.platform",
    ),
}  # fmt: skip
HOSTILE = [*SLIPPED_THROUGH, *REFUSED_BY_TERRAFORM]


@pytest.fixture(scope="module")
def slipped(bar: "Platform") -> tuple[dict[str, Outcome], list[str]]:
    """What became of each of them, all applied at once; and what has changed of what was there before."""
    bodies = [*SLIPPED_THROUGH.values(), *(body for body, _ in REFUSED_BY_TERRAFORM.values())]
    names = [f"s{number:02}" for number in range(len(bodies))]
    for name, body in zip(names, bodies, strict=True):
        bar.extension(name, body)
        nested = bar.workspace.extensions / name / "it" / "main.tf"
        nested.parent.mkdir()
        nested.write_text('provider "aws" {\n  region = "us-east-1"\n}\n')
    bar.tenant("nyc", "mine", "mine-too", *names)
    before = snapshot.take(bar.root)
    outcomes = bar.run("apply", "nyc/s*")
    after = snapshot.take(bar.root)
    for name in names:
        after = snapshot.outside(after, f"nyc--{name}--")
    return dict(zip(HOSTILE, outcomes.values(), strict=True)), snapshot.differences(before, after)


@pytest.mark.parametrize("name", SLIPPED_THROUGH)
def test_what_slipped_past_the_gate_is_refused_by_iam(slipped: Any, name: str) -> None:
    outcome = slipped[0][name]
    assert outcome.result == "failed"
    assert "AccessDenied" in reported(outcome)


def test_what_slipped_past_the_gate_changes_nothing_outside_its_prefix(slipped: Any) -> None:
    assert slipped[1] == []


@pytest.mark.parametrize("name", REFUSED_BY_TERRAFORM)
def test_terraform_lets_an_extension_have_no_provider_but_the_narrowed_one(slipped: Any, name: str) -> None:
    outcome = slipped[0][name]
    assert outcome.result == "failed"
    assert REFUSED_BY_TERRAFORM[name][1] in reported(outcome)


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUNDARY = "arn:aws:iam::111111111111:policy/nyc--mine--boundary"
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "delete a neighbour's table": ("dynamodb", "delete_table", {"TableName": "nyc--mine-too--orders"}),
    "change its own boundary": (
        "iam", "create_policy_version", {"PolicyArn": BOUNDARY, "PolicyDocument": ALL, "SetAsDefault": True},
    ),
    "delete its own boundary": ("iam", "delete_policy", {"PolicyArn": BOUNDARY}),
    "take the boundary from its role": (
        "iam", "delete_role_permissions_boundary", {"RoleName": "nyc--mine--worker"},
    ),
    "give its role another boundary": (
        "iam", "put_role_permissions_boundary",
        {"RoleName": "nyc--mine--worker", "PermissionsBoundary": ADMINISTRATOR},
    ),
    "give permissions to a role without a boundary": (
        "iam", "attach_role_policy",
        {"RoleName": "nyc--mine--by-hand", "PolicyArn": ADMINISTRATOR},
    ),
    "change a neighbour's trust": (
        "iam", "update_assume_role_policy", {"RoleName": "nyc--mine-too--worker", "PolicyDocument": TRUST},
    ),
    "change the deploy role": (
        "iam", "put_role_policy", {"RoleName": "nyc--deploy", "PolicyName": "x", "PolicyDocument": ALL},
    ),
    "make a user": ("iam", "create_user", {"UserName": "nyc--mine--it"}),
    "become a neighbour": (
        "sts", "assume_role", {"RoleArn": ROLE.format("nyc--mine-too--worker"), "RoleSessionName": "one"},
    ),
    "take events to a neighbour's queue away": (
        "events", "remove_targets", {"Rule": "nyc--mine-too--orders", "EventBusName": "nyc", "Ids": ["x"]},
    ),
    "forge an event": (
        "events", "put_events",
        {"Entries": [{"Source": "x", "DetailType": "x", "Detail": "{}", "EventBusName": "nyc"}]},
    ),
    "delete the bus": ("events", "delete_event_bus", {"Name": "nyc"}),
    "read the event log": ("logs", "filter_log_events", {"logGroupName": "/aws/events/nyc"}),
    "empty the dead letters": (
        "sqs", "purge_queue", {"QueueUrl": "http://x/111111111111/nyc--dead-letters"},
    ),
    "tag a neighbour's queue": (
        "sqs", "tag_queue", {"QueueUrl": "http://x/111111111111/nyc--mine-too--orders", "Tags": {"a": "b"}},
    ),
    "list functions' mappings": ("lambda", "list_event_source_mappings", {}),
    "feed a neighbour's function": (
        "lambda", "create_event_source_mapping",
        {"FunctionName": "nyc--mine-too--it", "EventSourceArn": ARN.format("sqs", "nyc--mine--orders")},
    ),
    "start the player": (
        "stepfunctions", "start_execution",
        {"stateMachineArn": ARN.format("states", "stateMachine:nyc--player")},
    ),
    "use a key that is not its own": ("kms", "create_key", {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def session(bar: "Platform") -> Callable[[str], Any]:
    """Clients of a session for nyc/mine."""
    return bar.session("nyc/mine")


@pytest.mark.parametrize(("service", "operation", "arguments"), CALLS.values(), ids=CALLS.keys())
def test_the_session_may_not(
    session: Callable[[str], Any], service: str, operation: str, arguments: dict[str, Any]
) -> None:
    call = getattr(session(service), operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        call(**arguments)


class TestWhoGetsASession:
    def test_the_deployer_for_one_extension(self, bar: "Platform") -> None:
        caller = bar.session("nyc/mine")("sts").get_caller_identity()
        assert caller["Arn"].endswith(":assumed-role/nyc--deploy/nyc--mine")

    @pytest.mark.parametrize(
        "tags",
        [
            pytest.param([], id="for none"),
            pytest.param([{"Key": "extension", "Value": ""}], id="for an empty name"),
            pytest.param(
                [{"Key": "extension", "Value": "mine"}, {"Key": "more", "Value": "x"}], id="with another tag"
            ),
        ],
    )
    def test_no_deployer_with_other_tags(self, bar: "Platform", tags: list[dict[str, str]]) -> None:
        request = {"RoleArn": ROLE.format("nyc--deploy"), "RoleSessionName": "one", "Tags": tags}
        with pytest.raises(ClientError, match="AccessDenied"):
            bar.deployer("sts").assume_role(**request)

    def test_no_other_user_of_the_account(self, bar: "Platform") -> None:
        unnamed = bar.other("other")
        request = {"RoleArn": ROLE.format("nyc--deploy"), "RoleSessionName": "one"}
        with pytest.raises(ClientError, match="AccessDenied"):
            unnamed("sts").assume_role(**request, Tags=[{"Key": "extension", "Value": "mine"}])


class TestEachLock:
    """The role's policy and the session policy: each keeps a session from a neighbour, without the other."""

    def test_the_tag_alone(self, bar: "Platform") -> None:
        request = {"RoleArn": ROLE.format("nyc--deploy"), "RoleSessionName": "one"}
        session = bar.assumed({**request, "Tags": [{"Key": "extension", "Value": "mine"}]})
        assert denied(session)

    def test_the_session_policy_alone(self, bar: "Platform") -> None:
        from presso.units.unit import Unit

        bar.root("iam").create_role(RoleName="all", AssumeRolePolicyDocument=any_principal())
        bar.root("iam").put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=ALL)
        policy = deploy_role.session_policy(Unit("nyc", "mine"), "aws")
        assert denied(
            bar.assumed({"RoleArn": ROLE.format("all"), "RoleSessionName": "one", "Policy": policy})
        )


def any_principal() -> str:
    """A trust in the whole account."""
    principal = {"AWS": "arn:aws:iam::111111111111:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def denied(session: Callable[[str], Any]) -> bool:
    """Whether a session may look at its own table, and not at the neighbour's."""
    dynamodb = session("dynamodb")
    assert dynamodb.describe_table(TableName="nyc--mine--orders")
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.describe_table(TableName="nyc--mine-too--orders")
    return True


def test_an_extension_can_be_planned_before_its_tenant_is_deployed(platform: "Platform") -> None:
    platform.extension("early", THINGS)
    platform.tenant("oslo", "early")
    planned = platform.run("plan", "oslo", "oslo/*")
    assert {name: outcome.result for name, outcome in planned.items()} == {
        "oslo": "changes",
        "oslo/early": "changes",
    }


def test_without_the_account_in_the_tenants_file_aws_is_asked(platform: "Platform") -> None:
    platform.extension("lost", THINGS)
    platform.tenant("bonn", "lost", account=None)
    applied = platform.run("apply", "bonn", "bonn/*")
    assert [reported(outcome) for outcome in applied.values() if outcome.bad] == []
    (platform.workspace.tenants / "bonn" / "tenant.yaml").unlink()
    gone = platform.run("destroy", "bonn", with_extensions=True)
    assert [reported(outcome) for outcome in gone.values() if outcome.bad] == []


def test_an_extension_that_is_not_asked_for_any_more_is_removed_by_the_role_that_made_it(
    platform: "Platform",
) -> None:
    platform.extension("leaving", THINGS)
    platform.tenant("lyon", "leaving")
    assert not any(outcome.bad for outcome in platform.run("apply", "lyon", "lyon/*").values())
    platform.tenant("lyon")
    outcome = platform.run("destroy", "lyon/leaving")["lyon/leaving"]
    assert outcome.result == "destroyed", reported(outcome)


def test_a_deployer_who_is_not_listed_gets_an_error_with_the_place_of_the_list(platform: "Platform") -> None:
    platform.extension("closed", THINGS)
    platform.tenant("kiel", "closed", deployers=["arn:aws:iam::111111111111:user/other"])
    outcome = platform.run("apply", "kiel", "kiel/*")["kiel/closed"]
    assert outcome.result == "failed"
    assert "principals in deployers of tenants/kiel/tenant.yaml may assume" in outcome.hint
