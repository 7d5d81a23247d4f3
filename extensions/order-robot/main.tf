module "customer" {
  source  = "../../modules/event-workflow"
  context = var.context
  name    = "customer"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderProcessor.WorkflowStarted"]
    detail      = { userId = var.users }
  }
  definition = yamldecode(templatefile("${path.module}/customer.asl.yaml", {
    bus = var.context.bus_name
    menu = [
      for drink, modifiers in var.menu : {
        drink     = drink
        icon      = replace(lower(drink), " ", "-")
        modifiers = modifiers
      }
    ]
    partition = data.aws_partition.current.partition
    seconds   = var.seconds
    source    = var.context.event_source
    table     = aws_dynamodb_table.default.name
    users     = var.users
  }))
  policy_statements = local.statements
}

module "barista" {
  source  = "../../modules/event-workflow"
  context = var.context
  name    = "barista"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion"]
    detail      = { robot = [true] }
  }
  definition = yamldecode(templatefile("${path.module}/barista.asl.yaml", {
    barista        = var.barista
    bus            = var.context.bus_name
    cancel_percent = var.cancel_percent
    partition      = data.aws_partition.current.partition
    seconds        = var.seconds
    source         = var.context.event_source
    table          = aws_dynamodb_table.default.name
  }))
  policy_statements = local.statements
}

locals {
  statements = {
    Claim = {
      actions   = ["dynamodb:PutItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    Act = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}claims"
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

data "aws_partition" "current" {}
