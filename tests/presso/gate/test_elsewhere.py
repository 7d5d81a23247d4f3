"""A check plans an extension for several tenants, and compares."""

import shutil
from pathlib import Path

import pytest

from presso.gate.gate import Gate
from presso.gate.planner import Planner
from presso.gate.report import Report
from presso.tenants import ExtensionUse, Tenant
from presso.workspace import Workspace

pytestmark = pytest.mark.slow
VARIABLE = 'variable "most" {\n  type    = number\n  default = 1\n}\n'


@pytest.fixture
def root(tmp_path: Path, checkout: Path) -> Path:
    """An extension that is good."""
    return Path(shutil.copytree(checkout / "tests" / "good" / "drinks", tmp_path / "drinks"))


@pytest.fixture
def gate(workspace: Workspace, planner: Planner) -> Gate:
    """A gate in a checkout with one tenant, which does not list the extension."""
    gate = Gate(workspace, "plan", planner)
    gate.checkout.tenants = (Tenant(name="orders", title="Orders"),)
    return gate


def checked(gate: Gate, root: Path, text: str) -> Report:
    """The report on an extension with more in it."""
    (root / "more.tf").write_text(text)
    return gate.check(str(root))


def broken(report: Report) -> list[tuple[str, str]]:
    """What a report finds: checks, and where."""
    return [(found.check.id, f"{Path(found.file).name}:{found.line}") for found in report.findings]


def queue(arguments: str) -> str:
    return f'resource "aws_sqs_queue" "more" {{\n{arguments}\n}}\n'


@pytest.mark.parametrize(
    "name",
    [
        # A tenant is called `orders`, too.
        '"${var.context.prefix}orders"',
        # Cut, at another place for each tenant's name.
        'substr("${var.context.prefix}a-long-name-that-is-cut-somewhere", 0, 36)',
        'lower("${var.context.prefix}more")',
    ],
)
def test_names_that_follow_the_tenants_are_the_same(gate: Gate, root: Path, name: str) -> None:
    report = checked(gate, root, queue(f"name = {name}"))
    assert (broken(report), report.planned) == ([], True)


def test_what_is_in_one_tenant_alone_is_found_where_it_is_written(gate: Gate, root: Path) -> None:
    text = 'count = strrev(var.context.tenant) == "sredro" ? 1 : 0\nname = "${var.context.prefix}more"'
    report = checked(gate, root, queue(text))
    assert broken(report) == [("P1-023", "more.tf:1")]
    assert "aws_sqs_queue.more[0] is there in orders" in report.findings[0].found


def test_an_attribute_that_differs_is_found_where_it_is_written(gate: Gate, root: Path) -> None:
    text = 'name = "${var.context.prefix}more"\ndelay_seconds = length(var.context.tenant) == 6 ? 5 : 7'
    gate.checkout.tenants = (Tenant(name="orders", title="Orders"), Tenant(name="bar", title="Bar"))
    found = broken(checked(gate, root, queue(text)))
    assert set(found) == {("P1-023", "more.tf:3")}


def test_an_extension_that_is_planned_in_few_regions_only_is_refused(gate: Gate, root: Path) -> None:
    text = """
      name = "${var.context.prefix}more"
      lifecycle {
        precondition {
          condition     = !startswith(var.context.region, "cn-") && !startswith(var.context.region, "us-gov-")
          error_message = "Not there."
        }
      }"""
    report = checked(gate, root, queue(text))
    assert [check for check, _ in broken(report)] == ["S-010"]
    assert "Not there" in report.findings[0].found


def test_where_data_leaves_may_not_differ(gate: Gate, root: Path) -> None:
    report = checked(
        gate,
        root,
        """resource "aws_cloudwatch_event_connection" "more" {
  name               = "${var.context.prefix}more"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-key"
      value = "none"
    }
  }
}
resource "aws_cloudwatch_event_api_destination" "more" {
  name                = "${var.context.prefix}more"
  connection_arn      = aws_cloudwatch_event_connection.more.arn
  http_method         = "POST"
  invocation_endpoint = "https://${var.context.tenant == "orders" ? "one" : "two"}.example/"
}
""",
    )
    assert broken(report) == [("P1-023", "more.tf:15")]


@pytest.mark.parametrize(
    "source",
    [
        'content = var.context.tenant == "orders" ? "import os" : "import sys"',
        'content = "import sys${var.context.tenant == "orders" ? ", os" : ""} # ${var.context.tenant}"',
    ],
)
def test_code_of_one_tenant_alone_is_refused(gate: Gate, root: Path, source: str) -> None:
    text = 'data "archive_file" "more" {\n  type = "zip"\n  output_path = "${path.root}/build/more.zip"\n'
    report = checked(gate, root, f'{text}  source {{\n    filename = "more.py"\n    {source}\n  }}\n}}\n')
    assert broken(report) == [("P1-023", "more.tf:4")]


def test_code_in_a_bucket_of_one_tenant_alone_is_refused(gate: Gate, root: Path) -> None:
    report = checked(
        gate,
        root,
        """resource "aws_s3_bucket" "more" {
  bucket        = "${var.context.prefix}more"
  force_destroy = true
}
resource "aws_s3_object" "more" {
  bucket         = aws_s3_bucket.more.bucket
  key            = "layer.zip"
  content_base64 = var.context.tenant == "orders" ? "AAAA" : "BBBB"
}
resource "aws_lambda_layer_version" "more" {
  layer_name = "${var.context.prefix}more"
  s3_bucket  = aws_s3_object.more.bucket
  s3_key     = aws_s3_object.more.key
}
""",
    )
    assert broken(report) == [("P1-023", "more.tf:8")]


def test_code_may_hold_the_names_of_its_tenant(gate: Gate, root: Path) -> None:
    text = """
data "archive_file" "more" {
  type        = "zip"
  output_path = "${path.root}/build/more.zip"
  source {
    filename = "names.json"
    content  = jsonencode({ table = aws_dynamodb_table.default.name, queue = aws_sqs_queue.default.url })
  }
}
"""
    assert broken(checked(gate, root, text)) == []


def test_a_policy_that_is_wider_in_one_tenant_is_refused(gate: Gate, root: Path) -> None:
    text = """
resource "aws_iam_role_policy" "more" {
  name   = "more"
  role   = aws_iam_role.default.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect   = "Allow"
    Action   = "sqs:SendMessage"
    Resource = "${aws_sqs_queue.default.arn}${var.context.tenant == "orders" ? "*" : ""}"
  }] })
}
"""
    assert broken(checked(gate, root, text)) == [("P1-023", "more.tf:5")]


def test_data_may_differ(gate: Gate, root: Path) -> None:
    text = """
resource "aws_ssm_parameter" "more" {
  name  = "${var.context.prefix}more"
  type  = "String"
  value = sha256(var.context.tenant)
}
"""
    assert broken(checked(gate, root, text)) == []


def test_what_decides_and_is_unknown_in_a_real_plan_is_found(gate: Gate, root: Path) -> None:
    text = 'name = "${var.context.prefix}more"\ndelay_seconds = length(aws_sqs_queue.default.arn) > 9 ? 5 : 7'
    report = checked(gate, root, queue(text))
    assert broken(report) == [("P1-043", "more.tf:3")]


def test_an_extension_is_judged_with_the_variables_that_a_tenant_sets(gate: Gate, root: Path) -> None:
    text = VARIABLE + queue('name = var.most > 1 ? "core" : "${var.context.prefix}more"')
    assert broken(checked(gate, root, text)) == []
    use = ExtensionUse(name="drinks", variables={"most": 2})
    gate.checkout.tenants = (Tenant(name="bar", title="Bar", extensions=[use]),)
    assert "more.tf:6" in {place for _, place in broken(checked(gate, root, text))}
