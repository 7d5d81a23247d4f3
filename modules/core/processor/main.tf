resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}processor"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.context.tags

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "processor"
  description = "Numbers orders, and knows which of them wait for a barista"
  source_dir  = "${path.module}/../functions"
  handler     = "processor.handler"
  pattern = {
    source = [var.context.event_source]
    detail-type = [
      "ConfigService.ConfigChanged",
      "OrderManager.MakeOrder",
    ]
  }
  environment = {
    BUS       = var.context.bus_name
    TABLE     = aws_dynamodb_table.default.name
    TENANT    = var.context.tenant
    TIME_ZONE = var.time_zone
    WORKFLOW  = local.workflow
  }
  policy_statements = {
    Emit = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
    Keep = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    # By its name: the workflow calls the function, and so comes after it.
    SeeWhatRuns = {
      actions   = ["states:DescribeExecution", "states:ListExecutions"]
      resources = ["${local.states}:execution:${var.context.prefix}order:*", local.workflow]
    }
  }
}

# A workflow that is stopped by hand cannot clear up after itself.
module "reconcile" {
  source     = "../../event-schedule"
  context    = var.context
  name       = "reconcile"
  expression = "rate(1 minute)"
  starts     = module.function.arn
  input      = { due = "reconcile" }
}

module "workflow" {
  source  = "../../event-workflow"
  context = var.context
  name    = "order"
  pattern = {
    source      = [var.context.event_source]
    detail-type = ["Validator.NewOrder"]
  }
  definition = yamldecode(templatefile("${path.module}/order.asl.yaml", {
    bus       = var.context.bus_name
    function  = module.function.name # known at plan, so the definition is too
    partition = data.aws_partition.current.partition
    source    = var.context.event_source
    table     = aws_dynamodb_table.default.name
    tenant    = var.context.tenant
  }))
  policy_statements = {
    Emit = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
    KeepCapacity = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    Number = {
      actions   = ["lambda:InvokeFunction"]
      resources = [module.function.arn]
    }
  }
}

data "aws_partition" "current" {}

locals {
  states   = "arn:${data.aws_partition.current.partition}:states:${var.context.region}:${var.context.account_id}"
  workflow = "${local.states}:stateMachine:${var.context.prefix}order"
}
