locals {
  # AWS knows no resource for log deliveries, and no request that would make
  # one: Step Functions alone asks for these permissions.
  own_statements = {
    for key in keys(local.log_groups) : "DeliverLog" => {
      actions = [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:UpdateLogDelivery",
      ]
      resources  = ["*"]
      conditions = {}
    }
  }
  statements = merge(var.policy_statements, local.own_statements)
}

resource "aws_iam_role" "default" {
  name                 = local.name
  description          = "What the workflow ${local.name} may do"
  permissions_boundary = var.context.boundary_arn
  tags                 = var.context.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.context.account_id }
          ArnEquals    = { "aws:SourceArn" = "${local.arn}:states:${local.here}:stateMachine:${local.name}" }
        }
      },
    ]
  })
}

# A policy needs at least one statement.
resource "aws_iam_role_policy" "default" {
  for_each = length(local.statements) > 0 ? { workflow = local.statements } : {}
  name     = each.key
  role     = aws_iam_role.default.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, statement in each.value : merge(
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
