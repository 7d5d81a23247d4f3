data "aws_partition" "current" {}

locals {
  name = "${var.fence.prefix}${var.name}"
  arn  = "arn:${data.aws_partition.current.partition}"
  here = "${var.tenant.region}:${var.tenant.account_id}"
  # Step Functions keeps the history of standard executions itself, and none of
  # express ones.
  log_level  = var.log_level != null ? var.log_level : var.type == "EXPRESS" ? "ERROR" : "OFF"
  log_groups = local.log_level == "OFF" ? {} : { default = "/aws/vendedlogs/states/${local.name}" }
}

resource "aws_sfn_state_machine" "default" {
  name       = local.name
  type       = var.type
  role_arn   = aws_iam_role.default.arn
  tags       = var.fence.tags
  definition = try(tostring(var.definition), jsonencode(var.definition))

  dynamic "logging_configuration" {
    for_each = aws_cloudwatch_log_group.default
    content {
      include_execution_data = true
      level                  = local.log_level
      log_destination        = "${logging_configuration.value.arn}:*"
    }
  }

  # The first execution may come at once.
  depends_on = [aws_iam_role_policy.default]
}

resource "aws_cloudwatch_log_group" "default" {
  for_each          = local.log_groups
  name              = each.value
  retention_in_days = var.log_days
  tags              = var.fence.tags
}
