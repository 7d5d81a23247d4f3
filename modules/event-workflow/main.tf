data "aws_partition" "current" {}

locals {
  name = "${var.context.prefix}${var.name}"
  arn  = "arn:${data.aws_partition.current.partition}"
  here = "${var.context.region}:${var.context.account_id}"
  # Step Functions keeps the history of standard executions itself, and none of
  # express ones.
  log_level  = var.log_level != null ? var.log_level : var.type == "EXPRESS" ? "ERROR" : "OFF"
  log_groups = local.log_level == "OFF" ? {} : { default = "/aws/vendedlogs/states/${local.name}" }
}

resource "aws_sfn_state_machine" "default" {
  name       = local.name
  type       = var.type
  role_arn   = aws_iam_role.default.arn
  tags       = var.context.tags
  definition = try(tostring(var.definition), jsonencode(var.definition))

  dynamic "logging_configuration" {
    for_each = aws_cloudwatch_log_group.default
    content {
      include_execution_data = true
      level                  = local.log_level
      log_destination        = "${logging_configuration.value.arn}:*"
    }
  }

  # The first execution may come at once. And Step Functions refuses a log that
  # it may not deliver.
  depends_on = [
    aws_cloudwatch_log_resource_policy.default,
    aws_iam_role_policy.default,
  ]
}

resource "aws_cloudwatch_log_group" "default" {
  for_each          = local.log_groups
  name              = each.value
  retention_in_days = var.log_days
  tags              = var.context.tags
}

# Written here, since no other principal may: AWS writes it itself only where the
# workflow's role may write any log group's policy.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
resource "aws_cloudwatch_log_resource_policy" "default" {
  for_each     = aws_cloudwatch_log_group.default
  resource_arn = each.value.arn
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DeliverLog"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource  = "${each.value.arn}:log-stream:*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.context.account_id }
          ArnLike      = { "aws:SourceArn" = "${local.arn}:logs:${local.here}:*" }
        }
      },
    ]
  })
}
