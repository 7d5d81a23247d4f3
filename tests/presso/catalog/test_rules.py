"""Rules read from Terraform's text: patterns, owners, targets; what only a plan knows; what is kept."""

import json
import re
from typing import TYPE_CHECKING

import pytest

from presso.catalog.rule import RuleTarget
from presso.catalog.rules import Rules
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

QUEUE = """
module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = %s
}
"""


def patterns(bench: "Bench", terraform: str) -> list[object]:
    bench.extension("mine", terraform)
    return [rule.pattern for rule in bench.rules.rules]


class TestTheCheckout:
    def test_order_metrics_takes_orders_by_a_queue(self, workspace: Workspace) -> None:
        (rule,) = Rules.load(workspace).of("order-metrics")
        assert rule.pattern["detail-type"] == ["OrderManager.WaitingCompletion"]
        assert [(target.kind, target.name, target.feeds) for target in rule.targets] == [
            ("queue", "orders", ("count",))
        ]
        assert rule.place.startswith("extensions/order-metrics/main.tf:")

    def test_the_platforms_log_takes_everything_and_is_not_a_consumer(self, workspace: Workspace) -> None:
        (rule,) = Rules.load(workspace).of("platform")
        assert rule.takes_everything
        assert rule.unknown == ("account",)
        assert [target.kind for target in rule.targets] == ["log group"]

    def test_building_blocks_have_no_rules_of_their_own(self, workspace: Workspace) -> None:
        assert not {"event-queue", "event-function"} & {rule.owner for rule in Rules.load(workspace).rules}


class TestPatterns:
    @pytest.mark.parametrize(
        ("hcl", "pattern"),
        [
            pytest.param(
                '{ source = ["x"], detail-type = ["y"] }', {"source": ["x"], "detail-type": ["y"]}, id="plain"
            ),
            pytest.param('{ "source" : ["x"] }', {"source": ["x"]}, id="quoted keys"),
            pytest.param(
                '{ detail = { a = [{ prefix = "x" }, { numeric = [">", 5] }, true, null, -2.5] } }',
                {"detail": {"a": [{"prefix": "x"}, {"numeric": [">", 5]}, True, None, -2.5]}},
                id="operators",
            ),
            pytest.param(
                '{ "$or" = [{ a = ["x"] }, { b = ["y"] }] }', {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, id="or"
            ),
            pytest.param("local.pattern", {"source": ["bar"], "detail": {"a": ["v", "w"]}}, id="a local"),
            pytest.param(
                'merge(local.pattern, { detail = { b = ["x"] } })',
                {"source": ["bar"], "detail": {"b": ["x"]}},
                id="merge",
            ),
            pytest.param(
                "{ source = [local.names[0], local.map.key] }", {"source": ["v", "deep"]}, id="indexes"
            ),
            pytest.param(
                "{ source = [var.source_name] }", {"source": ["default"]}, id="a variable's default"
            ),
            pytest.param('{ source = ["${local.bar}-x"] }', {"source": ["bar-x"]}, id="a template"),
            pytest.param('{ source = ["$${x}\\"\\u00e4"] }', {"source": ['${x}"ä']}, id="escapes"),
            pytest.param("{ source = [for n in local.names : upper(n)] }", {"source": ["V", "W"]}, id="for"),
            pytest.param(
                "{ source = concat(local.names, [local.bar]) }", {"source": ["v", "w", "bar"]}, id="concat"
            ),
            pytest.param('true ? { a = ["x"] } : { b = ["y"] }', {"a": ["x"]}, id="a condition"),
            pytest.param(
                "{ source = [var.context.event_source] }",
                {"source": ["serverlesspresso.extension.mine"]},
                id="the context",
            ),
            pytest.param('jsondecode("{\\"a\\": [\\"x\\"]}")', {"a": ["x"]}, id="JSON"),
        ],
    )
    def test_an_expression_is_worked_out(self, bench: "Bench", hcl: str, pattern: object) -> None:
        more = """
        locals {
          pattern = { source = [local.bar], detail = { a = local.names } }
          names   = ["v", "w"]
          bar     = "bar"
          map     = { key = "deep" }
        }
        variable "source_name" {
          default = "default"
        }
        """
        assert patterns(bench, QUEUE % hcl + more) == [pattern]

    def test_a_resource_is_read_with_its_targets(self, bench: "Bench") -> None:
        bench.extension(
            "mine",
            """
            resource "aws_cloudwatch_event_rule" "default" {
              name          = "${var.context.prefix}finished"
              event_pattern = jsonencode({ source = ["bar"] })
            }
            resource "aws_cloudwatch_event_target" "default" {
              rule = aws_cloudwatch_event_rule.default.name
              arn  = aws_sfn_state_machine.flow.arn
            }
            resource "aws_cloudwatch_event_rule" "text" {
              event_pattern = <<-EOT
                {"source": ["text"]}
              EOT
            }
            resource "aws_cloudwatch_event_rule" "clock" {
              schedule_expression = "rate(1 minute)"
            }
            """,
        )
        finished, text = bench.rules.rules
        assert (finished.name, finished.pattern) == ("finished", {"source": ["bar"]})
        assert [(target.kind, target.name) for target in finished.targets] == [("workflow", "flow")]
        assert (text.name, text.pattern) == ("text", {"source": ["text"]})

    def test_targets_have_their_names_and_list_what_they_feed(self, bench: "Bench") -> None:
        bench.extension(
            "mine",
            """
            locals {
              name = "${var.context.prefix}drinks"
            }
            resource "aws_cloudwatch_event_rule" "default" {
              for_each      = toset(["one"])
              name          = local.name
              event_pattern = jsonencode({ source = ["bar"] })
            }
            resource "aws_cloudwatch_event_target" "default" {
              rule = aws_cloudwatch_event_rule.default["one"].name
              arn  = aws_sqs_queue.inbox.arn
            }
            resource "aws_cloudwatch_event_target" "other" {
              rule = aws_cloudwatch_event_rule.default-not.name
              arn  = aws_sqs_queue.other.arn
            }
            resource "aws_sqs_queue" "inbox" {
              name = local.name
            }
            resource "aws_lambda_function" "default" {
              function_name = "${var.context.prefix}count"
            }
            resource "aws_lambda_event_source_mapping" "default" {
              event_source_arn = aws_sqs_queue.inbox.arn
              function_name    = aws_lambda_function.default.arn
            }
            """,
        )
        (rule,) = bench.rules.rules
        assert rule.targets == (RuleTarget("queue", "drinks", ("count",)),)

    def test_for_each_makes_a_rule_each(self, bench: "Bench") -> None:
        bench.extension(
            "mine",
            """
            module "each" {
              source   = "git::https://example.com/presso//modules/event-function?ref=v1"
              for_each = { a = ["x"], b = ["y"] }
              name     = each.key
              pattern  = { source = each.value }
            }
            """,
        )
        assert [rule.pattern for rule in bench.rules.rules] == [{"source": ["x"]}, {"source": ["y"]}]

    def test_what_only_a_plan_knows_matches_anything(self, bench: "Bench") -> None:
        bench.extension("mine", QUEUE % '{ detail = { orderId = [data.x.y.id], drink = ["Espresso"] } }')
        (rule,) = bench.rules.rules
        assert rule.unknown == ("detail.orderId",)
        assert rule.pattern["detail"]["orderId"] == ["${data.x.y.id}"]
        assert bench.rules.consumers(bench.catalog.find("Bar.Ordered")) == ["mine"]

    def test_a_pattern_that_only_a_plan_knows_is_marked(self, bench: "Bench") -> None:
        bench.extension("mine", QUEUE % "var.pattern")
        (rule,) = bench.rules.rules
        assert rule.problem == "its pattern is known only at plan: ${var.pattern}"
        assert rule.matcher is None

    def test_a_pattern_that_eventbridge_refuses_takes_nothing(self, bench: "Bench") -> None:
        bench.extension("mine", QUEUE % '{ source = "bar" }')
        assert bench.rules.taking(bench.catalog.find("Bar.Ordered")) == []

    def test_a_local_that_is_made_of_itself_is_unknown(self, bench: "Bench") -> None:
        (pattern,) = patterns(bench, "locals {\n a = [local.a]\n}\n" + QUEUE % "{ source = local.a }")
        assert "local.a" in json.dumps(pattern)


class TestTaking:
    def test_a_rule_takes_what_the_schema_allows_though_no_example_has_it(self, bench: "Bench") -> None:
        bench.extension("mine", QUEUE % '{ account = [local.id], detail = { drink = ["Cappuccino"] } }')
        assert bench.rules.consumers(bench.catalog.find("Bar.Ordered")) == ["mine"]

    @pytest.mark.parametrize(
        "hcl",
        [
            '{ detail-type = ["Bar.Other"], detail = { drink = ["Cappuccino"] } }',
            '{ source = ["other"], detail = { drink = ["Cappuccino"] } }',
            "{ detail = { drink = [5] } }",
            "{ detail = { drnk = [{ exists = true }] } }",
        ],
    )
    def test_a_rule_does_not_take_what_can_never_match(self, bench: "Bench", hcl: str) -> None:
        bench.extension("mine", QUEUE % hcl)
        assert bench.rules.consumers(bench.catalog.find("Bar.Ordered")) == []


class TestKeeping:
    def test_files_are_parsed_once_for_their_content(
        self, bench: "Bench", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from presso.catalog import terraform_rules

        bench.extension("mine", QUEUE % '{ source = ["x"] }')
        assert len(bench.rules.rules) == 1
        monkeypatch.setattr(terraform_rules, "rules_in", lambda *_: pytest.fail("parsed again"))
        assert [rule.pattern for rule in bench.rules.rules] == [{"source": ["x"]}]

    def test_a_changed_file_is_parsed_again(self, bench: "Bench") -> None:
        assert patterns(bench, QUEUE % '{ source = ["x"] }') == [{"source": ["x"]}]
        assert patterns(bench, QUEUE % '{ source = ["y"] }') == [{"source": ["y"]}]

    def test_a_kept_file_that_is_broken_is_made_again(self, bench: "Bench") -> None:
        bench.extension("mine", QUEUE % '{ source = ["x"] }')
        assert bench.rules.rules
        (bench.workspace.home / "catalog" / "rules.json").write_text("{")
        assert len(bench.rules.rules) == 1


def test_a_file_that_is_not_hcl_is_named_with_its_line(bench: "Bench") -> None:
    bench.extension("mine", 'module "x" {\n  pattern = \n}\n')
    bench.extension("other", QUEUE % '{ source = ["x"] }')
    (found,) = bench.rules.faults
    assert re.match(r"extensions/mine/main\.tf:\d+: is not HCL", found)
    assert [rule.owner for rule in bench.rules.rules] == ["other"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pattern.json", '{"detail-type": ["Bar.Ordered"]}'),
        ("rule.tf.json", '{"resource": {"aws_cloudwatch_event_rule": {"r": {"event_pattern": "{}"}}}}'),
    ],
)
def test_an_extension_whose_text_shows_no_pattern_is_triggered_by_what_it_declares(
    bench: "Bench", file: str, text: str
) -> None:
    bench.extension("mine", QUEUE % 'file("${path.module}/pattern.json")', more="consumes: [Bar.Ordered]")
    bench.extension("other", QUEUE % '{ detail-type = ["Bar.Closed"] }', more="consumes: [Bar.Ordered]")
    bench.write(f"extensions/mine/{file}", text)
    if file.endswith(".tf.json"):
        bench.write("extensions/mine/main.tf", "")
    rules = bench.rules.with_declared(bench.workspace)
    assert rules.triggered(bench.catalog.named("Bar.Ordered")[0]) == {"mine"}
