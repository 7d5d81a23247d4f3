"""What counts as an event that an extension emits."""

from pathlib import Path

from tests.presso.gate.conftest import Case

from presso.gate.gate import Gate

_EMITS = """
resource "aws_scheduler_schedule" "emit" {
  name                = "${var.context.prefix}emit"
  schedule_expression = "rate(1 hour)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = var.context.bus_arn
    role_arn = aws_iam_role.default.arn
    eventbridge_parameters {
      detail_type = "OrderManager.OrderCompleted"
      source      = var.context.event_source
    }
  }
}
"""


def test_an_event_that_is_not_declared_makes_a_loop_too(static_gate: Gate, tmp_path: Path) -> None:
    source = 'source      = ["awsserverlessda.serverlesspresso"]'
    own = {source: source.replace("]", ", var.context.event_source]")}
    root = Case("hears", "", "drinks", {"main.tf": {"replace": own, "append": _EMITS}}).write(tmp_path)
    loops = [each for each in static_gate.check(str(root)).findings if each.check.id == "P2-007"]
    assert ["OrderManager.OrderCompleted" in each.found for each in loops] == [True]
