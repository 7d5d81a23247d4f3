locals {
  name = "${var.context.prefix}drinks"
}

resource "aws_cloudwatch_event_rule" "default" {
  name           = local.name
  event_bus_name = var.context.bus_name
  event_pattern = jsonencode({
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  })
  tags = var.context.tags
}

resource "aws_cloudwatch_event_target" "default" {
  rule           = aws_cloudwatch_event_rule.default.name
  event_bus_name = var.context.bus_name
  arn            = aws_sqs_queue.default.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_sqs_queue" "default" {
  name = local.name
  tags = var.context.tags
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name = "${local.name}--dead-letters"
  tags = var.context.tags
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

resource "aws_iam_role" "default" {
  name                 = local.name
  permissions_boundary = var.context.boundary_arn
  tags                 = var.context.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "default" {
  name = "function"
  role = aws_iam_role.default.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CountDrinks"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = aws_dynamodb_table.default.arn
      },
      {
        Sid      = "TakeMessages"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = aws_sqs_queue.default.arn
      },
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.default.arn}:*"
      },
    ]
  })
}

data "archive_file" "default" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.root}/build/${local.name}.zip"
}

resource "aws_lambda_function" "default" {
  function_name    = local.name
  filename         = data.archive_file.default.output_path
  source_code_hash = data.archive_file.default.output_base64sha256
  handler          = "handler.handler"
  runtime          = "python3.12"
  role             = aws_iam_role.default.arn
  timeout          = 30
  tags             = var.context.tags

  environment {
    variables = {
      DAYS  = tostring(var.days)
      TABLE = aws_dynamodb_table.default.name
    }
  }

  depends_on = [aws_cloudwatch_log_group.default]
}

resource "aws_cloudwatch_log_group" "default" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = 7
  tags              = var.context.tags
}

resource "aws_lambda_event_source_mapping" "default" {
  event_source_arn        = aws_sqs_queue.default.arn
  function_name           = aws_lambda_function.default.arn
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_dynamodb_table" "default" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "drink"
  tags         = var.context.tags

  attribute {
    name = "drink"
    type = "S"
  }
}
