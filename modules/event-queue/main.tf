data "aws_partition" "current" {}

locals {
  name = "${var.context.prefix}${var.name}"
  # Written out: the dead-letter queue names the queue, and the queue it.
  queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${var.context.region}:${var.context.account_id}:${local.name}"
}

resource "aws_cloudwatch_event_rule" "default" {
  name           = local.name
  description    = "Events for the queue ${local.name}"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode(var.pattern)
  tags           = var.context.tags
}

resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = var.context.bus_name
  target_id      = "queue"
  arn            = aws_sqs_queue.default.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_event_age_in_seconds
    maximum_retry_attempts       = var.retry.maximum_retry_attempts
  }

  # Events that come before the queues admit the rule are failed deliveries.
  depends_on = [aws_sqs_queue_policy.default]
}

resource "aws_sqs_queue" "default" {
  name                       = local.name
  message_retention_seconds  = var.retention_seconds
  sqs_managed_sse_enabled    = true
  tags                       = var.context.tags
  visibility_timeout_seconds = var.visibility_timeout_seconds
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.max_receives
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${local.name}--dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.context.tags
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })
}

resource "aws_sqs_queue_policy" "default" {
  for_each = {
    dead_letters = aws_sqs_queue.dead_letters
    default      = aws_sqs_queue.default
  }
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
          ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.default.arn }
        }
      },
    ]
  })
}
