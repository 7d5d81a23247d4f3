module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion", "OrderManager.OrderCancelled"]
  }
}

module "count" {
  source      = "../../modules/event-function"
  context     = var.context
  name        = "count"
  description = "Counts drinks against their stock, and emits an alert when one runs low"
  source_dir  = "${path.module}/src"
  handler     = "count.handler"
  environment = {
    BUS    = var.context.bus_name
    LOW_AT = tostring(var.low_at)
    SOURCE = var.context.event_source
    STOCK  = jsonencode(var.stock)
    TABLE  = module.stock.name
  }
  policy_statements = {
    CountDrinks = module.stock.statements.write
    ReadStock   = module.stock.statements.read
    TellRunningLow = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
  queue = {
    arn = module.orders.arn
    # All functions count down the same few drinks: more of them would only
    # wait for each other.
    maximum_concurrency = 2
  }
}

module "stock" {
  source  = "../../modules/event-table"
  context = var.context
  name    = "stock"
}
