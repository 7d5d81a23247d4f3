data "aws_partition" "current" {}

locals {
  name     = "${var.context.prefix}${var.name}"
  arn      = "arn:${data.aws_partition.current.partition}:scheduler:${var.context.region}:${var.context.account_id}"
  workflow = can(regex(":stateMachine:", var.starts))
}

resource "aws_scheduler_schedule" "default" {
  name                         = local.name
  description                  = "Starts ${element(split(":", var.starts), 6)}"
  group_name                   = aws_scheduler_schedule_group.default.name
  schedule_expression          = var.expression
  schedule_expression_timezone = var.time_zone

  flexible_time_window {
    mode                      = var.flexible_minutes > 0 ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = var.flexible_minutes > 0 ? var.flexible_minutes : null
  }

  target {
    arn      = var.starts
    input    = replace(replace(jsonencode(var.input), "\\u003c", "<"), "\\u003e", ">")
    role_arn = aws_iam_role.default.arn

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = var.retry.maximum_event_age_in_seconds
      maximum_retry_attempts       = var.retry.maximum_retry_attempts
    }
  }

  # It may be due at once.
  depends_on = [aws_iam_role_policy.default]
}

# Of its own: a schedule has no tags, its group has.
resource "aws_scheduler_schedule_group" "default" {
  name = local.name
  tags = var.context.tags
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${local.name}--dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.context.tags
}
