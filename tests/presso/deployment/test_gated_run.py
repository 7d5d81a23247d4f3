"""Extensions are judged before, while and after they are applied: with the real modules, on the local AWS."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from presso.deployment import gated_run, runs, unit_selection
from presso.deployment.outcome import Action, Outcome
from presso.deployment.progress import Silent
from presso.deployment.target_environment import Environments
from presso.deployment.unit_gate import UnitGate
from presso.errors import PressoError
from presso.gate import judge, judge_process, late_choices
from presso.gate.case import Case
from presso.local_aws import Running
from presso.presenters import gate as presenter
from presso.terraform.json_stream import Changes
from presso.terraform.terraform_cli import Most
from presso.workspace import Workspace

MAIN = """
variable "context" { type = any }
variable "size" { default = 5 }
module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }
}
resource "aws_sqs_queue" "own" {
  name       = "${var.context.prefix}own"
  delay_seconds = var.size
}
resource "aws_kms_key" "own" {
  deletion_window_in_days = 7
}
"""
HERE = 'strcontains(aws_sqs_queue.own.url, "127.0.0.1")'
# What only a real plan shows: in the gate's plan none of these is so.
LATE = f"""
data "aws_caller_identity" "own" {{}}
resource "aws_sqs_queue" "by-caller" {{
  name = endswith(data.aws_caller_identity.own.arn, "root") ? "core-orders" : "${{var.context.prefix}}caller"
}}
resource "aws_cloudwatch_event_rule" "by-url" {{
  name           = "${{var.context.prefix}}by-url"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode({{ source = ["awsserverlessda.serverlesspresso"] }})
  state          = {HERE} ? "DISABLED" : "ENABLED"
}}
resource "aws_cloudwatch_event_target" "by-url" {{
  rule           = aws_cloudwatch_event_rule.by-url.name
  event_bus_name = var.context.bus_name
  arn            = aws_sqs_queue.own.arn
}}
resource "aws_sqs_queue" "by-tags" {{
  name = "${{var.context.prefix}}by-tags"
  tags = {{ own = {HERE} ? "yes" : "no" }}
}}
resource "aws_dynamodb_table" "by-protection" {{
  name                        = "${{var.context.prefix}}by-protection"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  deletion_protection_enabled = {HERE}
  attribute {{
    name = "pk"
    type = "S"
  }}
}}
resource "aws_s3_bucket" "by-force" {{
  bucket        = "${{var.context.prefix}}by-force"
  force_destroy = length(aws_kms_key.own.key_id) < 50
}}
resource "aws_cloudwatch_metric_alarm" "by-namespace" {{
  alarm_name          = "${{var.context.prefix}}by-namespace"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "x"
  namespace           = {HERE} ? "other" : "presso/${{var.context.tenant}}/late"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
}}
"""
# A target's ARN may be known late: only the state shows which one it is.
BREACH = f"""
resource "aws_sqs_queue" "other" {{
  name = "${{var.context.prefix}}other"
}}
resource "aws_cloudwatch_event_rule" "own" {{
  name           = "${{var.context.prefix}}own"
  event_bus_name = var.context.bus_name
  event_pattern = jsonencode({{
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }})
}}
resource "aws_cloudwatch_event_target" "own" {{
  rule           = aws_cloudwatch_event_rule.own.name
  event_bus_name = var.context.bus_name
  arn            = {HERE} ? replace(aws_sqs_queue.own.arn, "breach", "core") : aws_sqs_queue.own.arn
}}
# It breaks no promise, but is another than was judged.
resource "aws_cloudwatch_event_target" "two" {{
  rule           = aws_cloudwatch_event_rule.own.name
  event_bus_name = var.context.bus_name
  target_id      = "two"
  arn            = {HERE} ? aws_sqs_queue.other.arn : aws_sqs_queue.own.arn
}}
"""
TARGET = (MAIN + BREACH).partition("? replace(")[0].count("\n") + 1
# What a gate may have let through: policies that other resources show as theirs.
POLICIES = """
resource "aws_iam_role" "own" {
  name                 = "${var.context.prefix}own"
  permissions_boundary = var.context.boundary_arn
  tags                 = var.context.tags
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
resource "aws_sns_topic" "own" {
  name = "${var.context.prefix}own"
  tags = var.context.tags
}
"""
OPEN = """
resource "aws_iam_role_policy" "own" {
  name   = "own"
  role   = aws_iam_role.own.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }]
  })
}
resource "aws_sqs_queue_policy" "own" {
  queue_url = aws_sqs_queue.own.url
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:*", Principal = "*", Resource = aws_sqs_queue.own.arn }]
  })
}
"""
TABLE = """
resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}times"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.context.tags
  attribute {
    name = "pk"
    type = "S"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
"""
TABLE_IN_BLOCK = """
module "times" {
  source  = "../../modules/event-table"
  context = var.context
  name    = "times"
}
moved {
  from = aws_dynamodb_table.default
  to   = module.times.aws_dynamodb_table.default
}
"""


@dataclass
class Site:
    """A checkout with the real modules, and the tenant nyc."""

    workspace: Workspace
    running: Running
    account: str

    def extension(self, name: str, more: str = "") -> None:
        folder = self.workspace.extensions / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "main.tf").write_text(MAIN + more)

    def tenant(self, *extensions: str) -> None:
        file = self.workspace.tenants / "nyc" / "tenant.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        listed = ", ".join(extensions)
        file.write_text(
            f"name: nyc\ntitle: New York\naccount: '{self.account}'\nplayer: false\nextensions: [{listed}]\n"
        )

    def run(self, action: Action, *patterns: str) -> dict[str, Outcome]:
        selection = unit_selection.select(self.workspace, action, patterns)
        environments = Environments(self.workspace, self.running)
        run = runs.Runs(self.workspace, selection, action, environments.of, Silent(), parallel=2)
        return {str(outcome.unit): outcome for outcome in run.execute()}


class JudgeHere(judge_process.JudgeProcess):
    """The gate in this process: tests change it, and start no other for each run."""

    def verdicts(
        self, groups: judge_process.Groups, parallel: int, stopped: Callable[[], bool]
    ) -> Iterator[tuple[Case, judge_process.Judged | Exception]]:
        with judge.Judge(self._workspace) as gate:
            for case, found in gate.judge_all(groups, parallel):
                yield case, judge_process.judged(found)


@pytest.fixture(autouse=True)
def judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_process, "JudgeProcess", JudgeHere)


@pytest.fixture
def site(tmp_path: Path, checkout: Path, local_aws: Running, account: str) -> Iterator[Site]:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "modules").symlink_to(checkout / "modules")
    made = Site(Workspace(root, root / ".presso"), local_aws, account)
    yield made
    if left := {path.stem for path in made.workspace.home.glob("state/nyc/*/*.tfstate")}:
        made.run("destroy", "nyc", *(f"nyc/{name}" for name in left - {"platform"}))


def plans(site: Site) -> list[Path]:
    """The plan files in the folders of units."""
    return [*site.workspace.home.rglob("*.tfplan")]


def found(outcome: Outcome) -> set[tuple[str, str]]:
    """The findings of an outcome: check and resource."""
    return {
        (finding.check.id, word)
        for finding in outcome.findings
        for word in finding.found.replace(":", "").split()
        if word.startswith(("aws_", "module."))
    }


def test_one_that_is_refused_stops_no_other_and_what_has_passed_is_not_planned_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.extension("good")
    site.extension("bad", 'resource "aws_sqs_queue" "core" {\n  name = "core"\n}\n')
    site.tenant("bad", "good")
    outcomes = site.run("apply", "nyc", "nyc/*")
    assert {name: outcome.result for name, outcome in outcomes.items()} == {
        "nyc": "applied",
        "nyc/bad": "failed",
        "nyc/good": "applied",
    }
    bad = outcomes["nyc/bad"]
    assert ("P1-002", "aws_sqs_queue.core") in found(bad)
    assert [finding.file for finding in bad.findings] == ["extensions/bad/main.tf"]
    assert bad.findings[0].fix
    assert "presso check bad" in bad.hint
    assert not (site.workspace.home / "state" / "nyc" / "bad" / "bad.tfstate").exists()

    monkeypatch.setattr(judge.Judge, "judge", lambda *_: pytest.fail("it was judged before"))
    monkeypatch.setattr(judge.Judge, "judge_entries", lambda *_: pytest.fail("nothing has changed"))
    assert site.run("apply", "nyc/good")["nyc/good"].result == "unchanged"
    assert site.run("destroy", "nyc/good")["nyc/good"].result == "destroyed"

    monkeypatch.setattr(gated_run, "MOST", Most(0.001, 1 << 40))  # as if its values made it compute for hours
    stopped = site.run("apply", "nyc/good")["nyc/good"]
    assert [finding.check.id for finding in stopped.findings] == ["S-009"]
    assert (stopped.result, stopped.hint) == ("failed", "Nothing was changed.")


def test_a_verdict_is_kept_while_the_tenants_file_lists_the_extension(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.extension("good")
    site.tenant("good")
    verdicts = site.workspace.home / "judged"
    assert site.run("apply", "nyc", "nyc/good")["nyc/good"].result == "applied"
    assert site.run("destroy", "nyc/good")["nyc/good"].result == "destroyed"
    with monkeypatch.context() as patch:
        patch.setattr(judge.Judge, "judge", lambda *_: pytest.fail("it was judged before"))
        assert site.run("apply", "nyc/good")["nyc/good"].result == "applied"
    site.tenant()
    assert site.run("destroy", "nyc/good")["nyc/good"].result == "destroyed"
    assert list(verdicts.rglob("good*")) == []


def test_what_a_check_has_passed_needs_no_other_plan_of_the_gate(
    site: Site, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = site.workspace.extensions / "order-metrics"
    shutil.copytree(checkout / "extensions" / "order-metrics", folder)
    site.tenant("order-metrics")
    assert presenter.run(site.workspace, ["order-metrics"], everything=False, level="plan", form="json")

    judged: list[str] = []

    def noted(_: judge.Judge, case: Case) -> judge.Verdict:
        judged.append(case.facts.tenant)
        raise PressoError("It is judged again.")

    monkeypatch.setattr(judge.Judge, "judge", noted)
    monkeypatch.setattr(judge.Judge, "judge_entries", lambda *_: pytest.fail("it is as it was judged"))
    assert site.run("plan", "nyc/order-metrics")["nyc/order-metrics"].result == "changes"
    assert judged == []
    (folder / "src" / "count.py").write_text((folder / "src" / "count.py").read_text() + "\n")
    assert site.run("plan", "nyc/order-metrics")["nyc/order-metrics"].result == "failed"
    assert judged == ["nyc"]


def test_what_only_a_real_plan_shows_is_refused_before_it_is_applied(site: Site) -> None:
    site.extension("late", LATE)
    site.tenant("late")
    outcome = site.run("plan", "nyc/late")["nyc/late"]
    assert outcome.result == "failed"
    assert "Nothing was changed" in outcome.hint
    assert found(outcome) >= {
        ("P1-002", "aws_sqs_queue.by-caller"),
        ("P1-043", "aws_cloudwatch_event_rule.by-url"),
        ("P1-043", "aws_sqs_queue.by-tags"),
        ("P1-043", "aws_dynamodb_table.by-protection"),
        ("P1-043", "aws_s3_bucket.by-force"),
        ("P1-043", "aws_cloudwatch_metric_alarm.by-namespace"),
    }


def test_what_the_real_plan_would_not_show_is_refused_before_it_is_applied(site: Site) -> None:
    site.extension("breach", BREACH)
    site.tenant("breach")
    outcome = site.run("apply", "nyc", "nyc/breach")["nyc/breach"]
    assert (outcome.result, outcome.changes.added) == ("failed", 0)
    assert {finding.check.id for finding in outcome.findings} == {"P1-044"}
    assert TARGET in {finding.line for finding in outcome.findings}
    assert "Nothing was changed" in outcome.hint


def test_a_breach_that_only_the_state_shows_is_reported_with_the_way_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_choices, "choices", lambda _: iter(()))  # as if the gate had missed it
    site.extension("breach", BREACH)
    site.tenant("breach")
    outcome = site.run("apply", "nyc", "nyc/breach")["nyc/breach"]
    assert (outcome.result, outcome.changes.added > 0) == ("failed", True)
    assert outcome.hint == "Roll it back: presso destroy nyc/breach"
    assert "aws_cloudwatch_event_target.own" in {address for _, address in found(outcome)}
    assert ("P1-044", "aws_cloudwatch_event_target.two") in found(outcome)
    again = site.run("apply", "nyc/breach")["nyc/breach"]
    assert again.result == "failed"
    assert site.run("destroy", "nyc/breach")["nyc/breach"].result == "destroyed"


def test_a_corrected_version_is_applied_after_a_breach(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.extension("breach", POLICIES + OPEN)
    site.tenant("breach")
    with monkeypatch.context() as patch:
        patch.setattr(judge, "refuses", lambda _: False)  # as if the gate had missed it
        assert site.run("apply", "nyc", "nyc/breach")["nyc/breach"].result == "applied"
    site.extension("breach", POLICIES)
    with monkeypatch.context() as patch:  # another command writes its plan into the file
        patch.setattr(UnitGate, "plan", lambda *_: [plan.write_bytes(b"") for plan in plans(site)] and ())
        other = site.run("apply", "nyc/breach")["nyc/breach"]
    assert (other.result, other.changes.total) == ("failed", 0)
    assert "has changed since it was judged" in other.message
    corrected = site.run("apply", "nyc/breach")["nyc/breach"]
    assert [finding.found for finding in corrected.findings] == []
    assert (corrected.result, corrected.changes.destroyed) == ("applied", 2)
    assert plans(site) == []
    site.extension("breach", f"{POLICIES}# Another version, and nothing to apply.\n")
    assert site.run("apply", "nyc/breach")["nyc/breach"].result == "unchanged"


def test_what_was_deployed_in_an_earlier_shape_moves_and_nothing_is_replaced(site: Site) -> None:
    site.extension("times", TABLE)
    site.tenant("times")
    assert site.run("apply", "nyc", "nyc/times")["nyc/times"].result == "applied"
    state = site.workspace.home / "state" / "nyc" / "times" / "times.tfstate"
    assert '"module.context"' in state.read_text()
    state.write_text(state.read_text().replace('"module.context"', '"module.fence"'))  # as it was called
    site.extension("times", TABLE_IN_BLOCK)
    moved = site.run("apply", "nyc/times")["nyc/times"]
    assert moved.findings == []
    assert (moved.result, moved.changes) == ("unchanged", Changes())
    modules = {entry.get("module") for entry in json.loads(state.read_text())["resources"]}
    assert {"module.context", "module.extension.module.times"} <= modules
    assert "module.fence" not in modules
