"""What exports are tried on: the real catalog, and a small one in which everything is as odd as it may be."""

from typing import TYPE_CHECKING

import pytest

from presso.catalog.exports.export_scope import Scope
from presso.workspace import Workspace

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

ODD_TEXT = (
    "import x from 'y' {1 + 1} <script>alert(`a`)</script> *not* _bold_ | [a](b) # ~~no~~ \\ & &lt; $x$"
)
ODD_EVENT = {
    "title": ODD_TEXT,
    "summary": ODD_TEXT,
    "when": f"export const a = 1\n- {ODD_TEXT}\n1. one\n\n   = two",
    "producer": "The Bar",
    "version": "10.2.3-rc.1",
    "since": "0.1.0",
    "deprecated": "Use another: {it}.",
    "detail": {
        "type": "object",
        "required": ["tree", "orderId"],
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {
                    "below": {"type": "array", "prefixItems": [{"$ref": "#/$defs/tree"}], "items": False}
                },
                "dependentRequired": {"a": ["below"]},
                "unevaluatedProperties": {"type": "number"},
            }
        },
        "properties": {
            "orderId": {"type": "string"},
            "tree": {"$ref": "#/$defs/tree", "description": ODD_TEXT},
            "size": {"type": ["number", "null"], "exclusiveMinimum": 0},
            "again": {"$ref": "#"},
        },
    },
    "examples": [{"title": ODD_TEXT, "detail": {"orderId": "0o17", "tree": {"below": [{"a1": 1}]}}}],
}
TERRAFORM = """
module "orders" {
  source   = "../../modules/event-queue"
  for_each = toset(["a b", "a-b"])
  name     = "${var.context.prefix}orders"
  pattern  = { "detail-type" = ["Bar.Ordered"], source = [each.key, "awsserverlessda.serverlesspresso"] }
}
resource "aws_cloudwatch_event_rule" "both" {
  event_pattern = jsonencode({ "detail-type" = [{ prefix = "Bar" }, { wildcard = "*{odd}*" }] })
}
resource "aws_cloudwatch_event_target" "both" {
  rule = aws_cloudwatch_event_rule.both.name
  arn  = aws_sns_topic.loud.arn
}
resource "aws_cloudwatch_event_target" "again" {
  rule = aws_cloudwatch_event_rule.both.name
  arn  = aws_lambda_function.count.arn
}
resource "aws_cloudwatch_event_rule" "unknown" {
  event_pattern = var.pattern
}
"""


@pytest.fixture
def odd(bench: "Bench") -> Workspace:
    """A small checkout with names, texts, schemas and rules that are hard to write down."""
    bench.write("tenants/nyc/tenant.yaml", "name: nyc\ntitle: Y\n")
    for name in ("Odd name, with signs: é {x}", "bar.ordered"):
        bench.event({"detail-type": name, **ODD_EVENT})
    outside = {"producer": "../../away", "source": "serverlesspresso.extension.../../away"}
    bench.event({**ODD_EVENT, "detail-type": "Away", **outside})
    bench.write("modules/event-catalog/envelope.yaml", ENVELOPE)
    bench.extension("listener", TERRAFORM, more=EMITS)
    return bench.workspace


EMITS = """
title: "Listener: {loud} <b>"
summary: "- one"
author: {name: "0x10", bio: "export {all}"}
emits:
  - detail-type: Bar.Ordered
    schema: {type: object, properties: {a: {const: {b: [1]}}}, examples: [{a: {b: [1]}}]}
  - detail-type: "Odd name/ with signs: é -x-"
    schema: {type: object}
"""
ENVELOPE = """
type: object
required: [id, detail-type, source, time, detail]
properties:
  id: {type: string}
  detail-type: {type: string, examples: [Some.Name]}
  source: {type: string}
  time: {type: string, format: date-time}
  detail: {type: object}
"""


@pytest.fixture
def odd_scope(odd: Workspace) -> Scope:
    """All of the small checkout."""
    return Scope.of(odd, [])


@pytest.fixture(scope="session")
def real_scope(workspace: Workspace) -> Scope:
    """All of the real checkout."""
    return Scope.of(workspace, [])
