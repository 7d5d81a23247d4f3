# What modules/extension-context is to an extension, for the core: the same names
# and tags, the bar's own event source, and a boundary of only what it needs.
data "aws_partition" "current" {}

locals {
  arn    = "arn:${data.aws_partition.current.partition}"
  here   = "${var.tenant.region}:${var.tenant.account_id}"
  prefix = "${var.tenant.name}--core--"
  context = {
    tenant     = var.tenant.name
    region     = var.tenant.region
    account_id = var.tenant.account_id
    bus_name   = var.tenant.bus_name
    bus_arn    = var.tenant.bus_arn
    # By the resource, so that no role comes before it.
    boundary_arn = aws_iam_policy.default.arn
    event_source = "awsserverlessda.serverlesspresso"
    prefix       = local.prefix
    tags = merge(var.tags, {
      "presso:tenant" = var.tenant.name
      "presso:unit"   = "core"
    })
  }

  # Actions on what bears the core's prefix.
  own = {
    dynamodb = {
      actions   = ["BatchGetItem", "DeleteItem", "DescribeStream", "GetItem", "GetRecords", "GetShardIterator", "ListStreams", "PutItem", "Query", "UpdateItem"]
      resources = ["table/${local.prefix}*"]
    }
    # The id of a user pool is not known before it is there; the policy of the staff's role names it.
    cognito-idp = {
      actions   = ["AdminAddUserToGroup", "AdminCreateUser", "AdminDeleteUser", "AdminSetUserPassword", "ListUsersInGroup"]
      resources = ["userpool/*"]
    }
    # The id of an API is not known before it is there; the name of its stage is.
    execute-api = {
      actions   = ["ManageConnections"]
      resources = ["*/bar/POST/@connections/*"]
    }
    lambda = {
      actions   = ["InvokeFunction"]
      resources = ["function:${local.prefix}*"]
    }
    logs = {
      actions   = ["CreateLogStream", "PutLogEvents"]
      resources = ["log-group:/aws/lambda/${local.prefix}*"]
    }
    sqs = {
      actions   = ["SendMessage"]
      resources = ["${local.prefix}*"]
    }
    states = {
      actions   = ["DescribeExecution", "ListExecutions", "SendTaskSuccess", "StartExecution"]
      resources = ["execution:${local.prefix}*", "stateMachine:${local.prefix}*"]
    }
  }
}

resource "aws_iam_policy" "default" {
  name        = "${local.prefix}boundary"
  description = "The most that any role of the core may do in the tenant ${var.tenant.name}"
  tags        = merge(var.tags, { "presso:tenant" = var.tenant.name, "presso:unit" = "core" })
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for service, allowed in local.own : {
          Sid      = replace(service, "-", "")
          Effect   = "Allow"
          Action   = [for action in allowed.actions : "${service}:${action}"]
          Resource = [for resource in allowed.resources : "${local.arn}:${service}:${local.here}:${resource}"]
        }
      ],
      [
        {
          Sid      = "emit"
          Effect   = "Allow"
          Action   = ["events:PutEvents"]
          Resource = [var.tenant.bus_arn]
          # Each entry of a call has a source: all of them must be the bar's own,
          # and a call without any is none.
          Condition = {
            "ForAllValues:StringEquals" = { "events:source" = "awsserverlessda.serverlesspresso" }
            Null                        = { "events:source" = "false" }
          }
        },
      ],
    )
  })
}
