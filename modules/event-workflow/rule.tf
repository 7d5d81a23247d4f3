# Only with a pattern. Without one, a schedule or another workflow of the
# extension starts this one.
locals {
  rule = var.pattern == null ? {} : { default = jsonencode(var.pattern) }
}

resource "aws_cloudwatch_event_rule" "default" {
  for_each       = local.rule
  name           = local.name
  description    = "Events for the workflow ${local.name}"
  event_bus_name = var.context.bus_name
  event_pattern  = each.value
  tags           = var.context.tags
}

resource "aws_cloudwatch_event_target" "default" {
  for_each       = aws_cloudwatch_event_rule.default
  rule           = each.value.name
  event_bus_name = var.context.bus_name
  target_id      = "workflow"
  arn            = aws_sfn_state_machine.default.arn
  role_arn       = aws_iam_role.rule[each.key].arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[each.key].arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_event_age_in_seconds
    maximum_retry_attempts       = var.retry.maximum_retry_attempts
  }

  # Events that come before the rule may start the workflow are failed deliveries.
  depends_on = [
    aws_iam_role_policy.rule,
    aws_sqs_queue_policy.default,
  ]
}

resource "aws_iam_role" "rule" {
  for_each             = aws_cloudwatch_event_rule.default
  name                 = "${local.name}--rule"
  description          = "Starts the workflow ${local.name}"
  permissions_boundary = var.context.boundary_arn
  tags                 = var.context.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.context.account_id }
          ArnEquals    = { "aws:SourceArn" = each.value.arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "rule" {
  for_each = aws_iam_role.rule
  name     = "rule"
  role     = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "StartWorkflow"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [aws_sfn_state_machine.default.arn]
      },
    ]
  })
}

resource "aws_sqs_queue" "dead_letters" {
  for_each                  = local.rule
  name                      = "${local.name}--dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.context.tags
}

resource "aws_sqs_queue_policy" "default" {
  for_each  = aws_sqs_queue.dead_letters
  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = each.value.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.default[each.key].arn }
        }
      },
    ]
  })
}
