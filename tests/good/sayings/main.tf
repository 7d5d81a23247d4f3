module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }
}

module "say" {
  source     = "../../modules/event-function"
  context    = var.context
  name       = "say"
  source_dir = "${path.module}/src"
  environment = {
    BUS    = var.context.bus_name
    SOURCE = var.context.event_source
  }
  policy_statements = {
    Say = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
  queue = { arn = module.orders.arn }
}
