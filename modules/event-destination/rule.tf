resource "aws_cloudwatch_event_rule" "default" {
  name           = local.name
  description    = "Events for the API destination ${local.name}"
  event_bus_name = var.context.bus_name
  event_pattern  = jsonencode(var.pattern)
  tags           = var.context.tags
}

resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = var.context.bus_name
  target_id      = "destination"
  arn            = aws_cloudwatch_event_api_destination.default.arn
  role_arn       = aws_iam_role.default.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  dynamic "http_target" {
    for_each = length(var.headers) + length(var.path_values) > 0 ? { default = true } : {}
    content {
      header_parameters       = var.headers
      path_parameter_values   = var.path_values
      query_string_parameters = {}
    }
  }

  dynamic "input_transformer" {
    for_each = var.input == null ? {} : { default = var.input }
    content {
      input_paths    = input_transformer.value.paths
      input_template = input_transformer.value.template
    }
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_event_age_in_seconds
    maximum_retry_attempts       = var.retry.maximum_retry_attempts
  }

  # Events that come before the rule may call are failed deliveries.
  depends_on = [
    aws_iam_role_policy.default,
    aws_sqs_queue_policy.default,
  ]
}

resource "aws_iam_role" "default" {
  name                 = local.name
  description          = "Calls the API destination ${local.name}"
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
          ArnEquals    = { "aws:SourceArn" = aws_cloudwatch_event_rule.default.arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "default" {
  name = "rule"
  role = aws_iam_role.default.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CallDestination"
        Effect   = "Allow"
        Action   = ["events:InvokeApiDestination"]
        Resource = [aws_cloudwatch_event_api_destination.default.arn]
      },
    ]
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${local.name}--dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.context.tags
}

resource "aws_sqs_queue_policy" "default" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letters.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.default.arn }
        }
      },
    ]
  })
}
