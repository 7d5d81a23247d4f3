module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source = ["awsserverlessda.serverlesspresso"]
    detail-type = [
      "OrderManager.WaitingCompletion",
      "OrderManager.OrderCompleted",
      "OrderManager.OrderCancelled",
      "OrderProcessor.OrderTimeOut",
    ]
  }
}

module "collect" {
  source      = "../../modules/event-function"
  context     = var.context
  name        = "collect"
  description = "Adds each event to its day, once"
  source_dir  = "${path.module}/src"
  handler     = "collect.handler"
  environment = local.environment
  policy_statements = {
    AddToDay = module.days.statements.write
  }
  queue = {
    arn = module.orders.arn
    # All functions add to the same day: more of them would only wait for each
    # other.
    maximum_concurrency = 2
  }
}

module "digest" {
  source      = "../../modules/event-function"
  context     = var.context
  name        = "digest"
  description = "Makes a digest of the day that is over"
  source_dir  = "${path.module}/src"
  handler     = "digest.handler"
  environment = merge(local.environment, {
    BUS    = var.context.bus_name
    SOURCE = var.context.event_source
    TENANT = var.context.tenant
  })
  policy_statements = {
    KeepDigest = module.days.statements.write
    ReadDay    = module.days.statements.read
    TellDigest = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
}

# A quarter of an hour later, for events that are under way.
module "nightly" {
  source     = "../../modules/event-schedule"
  context    = var.context
  name       = "nightly"
  expression = "cron(15 ${var.day_begins} * * ? *)"
  starts     = module.digest.arn
}

module "days" {
  source    = "../../modules/event-table"
  context   = var.context
  name      = "days"
  range_key = { name = "sk" }
}

locals {
  environment = {
    DAY_BEGINS = tostring(var.day_begins)
    TABLE      = module.days.name
  }
}
