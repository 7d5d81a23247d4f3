resource "aws_iam_role" "default" {
  name                 = local.name
  description          = "What the schedule ${local.name} may do"
  permissions_boundary = var.context.boundary_arn
  tags                 = var.context.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Action    = "sts:AssumeRole"
        # The Scheduler names the group, not the schedule.
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.context.account_id }
          ArnEquals    = { "aws:SourceArn" = "${local.arn}:schedule-group/${local.name}" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "default" {
  name = "schedule"
  role = aws_iam_role.default.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Start"
        Effect   = "Allow"
        Action   = [local.workflow ? "states:StartExecution" : "lambda:InvokeFunction"]
        Resource = [var.starts]
      },
      {
        Sid      = "KeepDeadLetters"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}
