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
    table     = module.claims.name
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
    table          = module.claims.name
  }))
  policy_statements = local.statements
}

module "claims" {
  source  = "../../modules/event-table"
  context = var.context
  name    = "claims"
}

locals {
  statements = {
    Claim = module.claims.statements.write
    Act = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
}

data "aws_partition" "current" {}
