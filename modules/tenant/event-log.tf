resource "aws_cloudwatch_event_rule" "default" {
  name           = "${local.prefix}event-log"
  description    = "Every event of the tenant ${var.name}, to its event log"
  event_bus_name = aws_cloudwatch_event_bus.default.name
  event_pattern  = jsonencode({ account = [local.account_id] })
  tags           = local.tags
}

resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = aws_cloudwatch_event_bus.default.name
  target_id      = "event-log"
  arn            = aws_cloudwatch_log_group.default.arn

  dead_letter_config {
    arn = aws_sqs_queue.default.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  # Events that come before their target may write are failed deliveries.
  depends_on = [
    aws_cloudwatch_log_resource_policy.default,
    aws_sqs_queue_policy.default,
  ]
}

resource "aws_cloudwatch_log_group" "default" {
  name              = "/aws/events/${var.name}"
  retention_in_days = var.log_days
  tags              = local.tags
}

# On the log group, not on the account: an account has room for ten policies of
# its own in a region, and hundreds of tenants need one each.
resource "aws_cloudwatch_log_resource_policy" "default" {
  resource_arn = aws_cloudwatch_log_group.default.arn
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CreateLogStream"
        Effect    = "Allow"
        Principal = local.log_writers
        Action    = "logs:CreateLogStream"
        Resource  = "${aws_cloudwatch_log_group.default.arn}:*"
      },
      {
        Sid       = "PutLogEvents"
        Effect    = "Allow"
        Principal = local.log_writers
        Action    = "logs:PutLogEvents"
        Resource  = "${aws_cloudwatch_log_group.default.arn}:*:*"
        Condition = {
          ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.default.arn }
        }
      },
    ]
  })
}

locals {
  log_writers = {
    Service = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]
  }
}

resource "aws_sqs_queue" "default" {
  name                      = "${local.prefix}dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "default" {
  queue_url = aws_sqs_queue.default.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "UndeliveredEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.default.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.default.arn }
        }
      },
    ]
  })
}
