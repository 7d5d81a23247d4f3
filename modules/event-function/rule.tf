# A rule only with a pattern. Other callers of the function (a schedule, a
# workflow) is elsewhere. With a queue, the queue keeps its own dead letters.
locals {
  rule         = var.pattern == null ? {} : { default = jsonencode(var.pattern) }
  dead_letters = var.queue == null ? { default = "${local.name}--dead-letters" } : {}
}

resource "aws_cloudwatch_event_rule" "default" {
  for_each       = local.rule
  name           = local.name
  description    = "Events for the function ${local.name}"
  event_bus_name = var.context.bus_name
  event_pattern  = each.value
  tags           = var.context.tags
}

resource "aws_cloudwatch_event_target" "default" {
  for_each       = aws_cloudwatch_event_rule.default
  rule           = each.value.name
  event_bus_name = var.context.bus_name
  target_id      = "function"
  arn            = aws_lambda_function.default.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[each.key].arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_event_age_in_seconds
    maximum_retry_attempts       = var.retry.maximum_retry_attempts
  }

  # Events that come before the rule may start the function are failed deliveries.
  depends_on = [
    aws_lambda_permission.default,
    aws_sqs_queue_policy.default,
  ]
}

resource "aws_lambda_permission" "default" {
  for_each      = aws_cloudwatch_event_rule.default
  statement_id  = "own-rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.default.function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_sqs_queue" "dead_letters" {
  for_each                  = local.dead_letters
  name                      = each.value
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.context.tags
}

resource "aws_sqs_queue_policy" "default" {
  for_each  = aws_cloudwatch_event_rule.default
  queue_url = aws_sqs_queue.dead_letters[each.key].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letters[each.key].arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = each.value.arn }
        }
      },
    ]
  })
}
