module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion"]
  }
}

module "count" {
  source      = "../../modules/event-function"
  context     = var.context
  name        = "count"
  description = "Counts each new order once, per drink and per minute"
  source_dir  = "${path.module}/src"
  handler     = "count.handler"
  environment = {
    ORDER_DAYS = tostring(var.order_days)
    TABLE      = module.counters.name
  }
  policy_statements = {
    CountOrders = module.counters.statements.write
  }
  queue = {
    arn = module.orders.arn
    # All functions add to the same few counters: more of them would only
    # wait for each other.
    maximum_concurrency = 2
  }
}

module "counters" {
  source    = "../../modules/event-table"
  context   = var.context
  name      = "counters"
  range_key = { name = "sk" }
}
