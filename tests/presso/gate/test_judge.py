"""What an extension does in one tenant alone is judged where it does it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from presso.extension_tree import ExtensionTree
from presso.gate.case import Case
from presso.gate.judge import Judge, Verdict, refuses
from presso.gate.model import Facts
from presso.gate.plan_comparison import PredictedPlan
from presso.quotas import Quotas
from presso.units.unit_tree import UnitTree
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

NYC = Facts("drinks", "nyc", "111111111111", "us-east-1", given={"mode": "quick"})
SFO = Facts("drinks", "sfo", "222222222222", "eu-central-1", given={"mode": "quick"})
CONTRACT = """
variable "context" { type = any }
variable "mode" { default = "slow" }
module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }
}
module "echo" {
  source = "./echo"
  text   = var.context.tenant
}
resource "aws_sqs_queue" "base" {
  name = "${var.context.prefix}base"
}
data "aws_default_tags" "here" {}
"""
# Whether this is the tenant nyc, each in another way.
WAYS = {
    "the-name": 'var.context.tenant == "nyc"',
    "an-attribute": 'strcontains(aws_sqs_queue.base.name, "nyc--")',
    "an-arn": 'strcontains(aws_sqs_queue.base.arn, ":nyc--")',
    "a-loop": 'anytrue([for t in [var.context] : [for k, v in t : v if k == "tenant"][0] == "nyc"])',
    "a-modules-output": 'module.echo.text == "nyc"',
    "a-template": 'templatefile("${path.module}/template.txt", { name = var.context.tenant }) == "bad"',
    "a-map": 'lookup(merge({ nyc = "bad" }, { sfo = "good" }), var.context.tenant, "good") == "bad"',
    "a-length": "length(var.context.tenant) * 2 == 6",
    "a-remainder": "tonumber(var.context.account_id) % 1000000 == 111111",
    "a-digest": 'startswith(sha256(var.context.tenant), substr(sha256("nyc"), 0, 6))',
    "what-is-left": 'replace(var.context.tenant, "/[^cny]/", "-") == "nyc"',
    "a-set": 'length(setintersection([var.context.tenant], ["nyc"])) > 0',
    "the-prefix": 'split("--", var.context.prefix)[0] == "nyc"',
    "a-try": "try({ nyc = true }[var.context.tenant], false)",
    "the-region": 'startswith(var.context.region, "us-")',
    "a-variable": 'var.mode == "quick"',
    "the-tags": 'try(data.aws_default_tags.here.tags["presso:tenant"], "") == "nyc"',
}
FOR_EACH = """
resource "aws_sqs_queue" "for-each" {
  for_each = toset([for n in [var.context.tenant] : n if n == "nyc"])
  name     = "core"
}
"""


def resource(way: str, condition: str) -> str:
    """A queue with the core's name in nyc alone."""
    return (
        f'resource "aws_sqs_queue" "{way}" {{\n'
        f'  name = {condition} ? "core-orders-{way}" : "${{var.context.prefix}}{way}"\n}}\n'
    )


@pytest.fixture(scope="module")
def judge(workspace: Workspace) -> Iterator[Judge]:
    with Judge(workspace) as started:
        yield started


def case(folder: Path, workspace: Workspace, facts: Facts, text: str, **files: str) -> Case:
    root = folder / "drinks"
    root.mkdir(exist_ok=True)
    (root / "main.tf").write_text(CONTRACT + text)
    (root / "echo").mkdir(exist_ok=True)
    (root / "echo" / "main.tf").write_text('variable "text" {}\noutput "text" {\n  value = var.text\n}\n')
    (root / "template.txt").write_text('%{ if name == "nyc" }bad%{ else }good%{ endif }')
    tree = UnitTree(ExtensionTree.read(root), workspace.modules)
    return Case(tree, facts, Quotas())


def refusals(verdict: Verdict) -> list[str]:
    return [f"{finding.check.id} {finding.found}" for finding in verdict.refusing]


def test_what_is_bad_in_one_tenant_alone_is_refused_in_that_one(
    judge: Judge, workspace: Workspace, tmp_path: Path
) -> None:
    text = "".join(resource(way, condition) for way, condition in WAYS.items())
    text += FOR_EACH
    found = refusals(judge.judge(case(tmp_path, workspace, NYC, text)))
    named = [line for line in found if line.startswith("P1-002")]
    missed = [way for way in [*WAYS, "for-each"] if not any(f"aws_sqs_queue.{way}" in line for line in named)]
    assert missed == []
    drawn = iter(lambda: Facts.made_up("drinks"), None)
    elsewhere = next(facts for facts in drawn if not facts.region.startswith("us-"))
    found = refusals(judge.judge(case(tmp_path, workspace, elsewhere, text)))
    assert [line for line in found if line.startswith("P1-002")] == []


def without_providers(predicted: PredictedPlan) -> PredictedPlan:
    """Without the names of provider configurations, which nothing compares."""
    return replace(predicted, module=json.loads(json.dumps(predicted.module).replace("aws.tenant_1", "aws")))


def test_tenants_that_are_judged_together_get_the_verdict_that_each_gets_alone(
    judge: Judge, workspace: Workspace, tmp_path: Path
) -> None:
    text = resource("conditional", 'var.context.tenant == "nyc"')
    nyc, sfo = (case(tmp_path, workspace, facts, text) for facts in (NYC, SFO))
    [(passed, together)] = judge.judge_together([[nyc, sfo]], 1)
    assert passed is sfo  # nyc, which is refused, is for `judge` to report
    alone = judge.judge(sfo)
    assert together.findings == alone.findings
    assert together.predicted
    assert alone.predicted
    assert without_providers(together.predicted) == without_providers(alone.predicted)
    assert [path.name for path in judge._gate.planner.folder.glob("unit-*")] == []


def test_a_folder_that_is_none_is_refused_as_by_a_check(
    judge: Judge, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "drinks").mkdir()
    (tmp_path / "drinks" / "link").symlink_to("main.tf")
    found = judge.judge(case(tmp_path, workspace, NYC, ""))
    assert (refusals(found), found.predicted) == (["S-007 link is a link"], None)


def test_faults_of_metadata_keep_an_extension_from_no_tenant(
    judge: Judge, workspace: Workspace, tmp_path: Path
) -> None:
    verdict = judge.judge(case(tmp_path, workspace, NYC, ""))
    assert verdict.predicted
    assert verdict.findings
    assert {finding.check.promise for finding in verdict.findings if finding.counts} == {"M"}
    assert not any(map(refuses, verdict.findings))


def test_an_extension_that_takes_what_the_context_replaced_is_refused_for_that_alone(
    judge: Judge, workspace: Workspace, tmp_path: Path
) -> None:
    old = case(tmp_path, workspace, NYC, "")
    (tmp_path / "drinks" / "main.tf").write_text('variable "fence" {}\nvariable "tenant" {}\n')
    old = Case(UnitTree(ExtensionTree.read(tmp_path / "drinks"), workspace.modules), NYC, Quotas())
    verdict = judge.judge(old)
    assert refusals(verdict) == ["S-017 it declares tenant and fence, which context has replaced"]
    [finding] = verdict.refusing
    assert (finding.file, finding.line) == ("extensions/drinks/main.tf", 1)
    assert "presso new --update drinks" in finding.fix


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param('name = "${var.context.prefix}x"\n  y', "S-0", id="text that Terraform does not read"),
        pytest.param("name = data.aws_sqs_queue.core.name", "S-010", id="a plan that Terraform refuses"),
    ],
)
def test_what_cannot_be_planned_is_a_finding(
    judge: Judge, workspace: Workspace, tmp_path: Path, body: str, found: str
) -> None:
    text = f'resource "aws_sqs_queue" "x" {{\n  {body}\n}}\n'
    assert any(line.startswith(found) for line in refusals(judge.judge(case(tmp_path, workspace, NYC, text))))
