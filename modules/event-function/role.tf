locals {
  own_statements = merge(
    {
      WriteLog = {
        actions    = ["logs:CreateLogStream", "logs:PutLogEvents"]
        resources  = ["${aws_cloudwatch_log_group.default.arn}:*"]
        conditions = {}
      }
    },
    {
      for queue in aws_sqs_queue.dead_letters : "KeepDeadLetters" => {
        actions    = ["sqs:SendMessage"]
        resources  = [queue.arn]
        conditions = {}
      }
    },
    var.queue == null ? {} : {
      TakeMessages = {
        actions    = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        resources  = [var.queue.arn]
        conditions = {}
      }
    },
  )
}

resource "aws_iam_role" "default" {
  name                 = local.name
  description          = "What the function ${local.name} may do"
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
      for sid, statement in merge(var.policy_statements, local.own_statements) : merge(
        {
          Sid      = sid
          Effect   = "Allow"
          Action   = statement.actions
          Resource = statement.resources
        },
        length(statement.conditions) > 0 ? { Condition = statement.conditions } : {},
      )
    ]
  })
}
