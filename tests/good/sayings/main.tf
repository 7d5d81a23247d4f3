module "orders" {
  source = "../../modules/event-queue"
  tenant = var.tenant
  fence  = var.fence
  name   = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }
}

module "say" {
  source     = "../../modules/event-function"
  tenant     = var.tenant
  fence      = var.fence
  name       = "say"
  source_dir = "${path.module}/src"
  environment = {
    BUS    = var.tenant.bus_name
    SOURCE = var.fence.event_source
  }
  policy_statements = {
    Say = {
      actions    = ["events:PutEvents"]
      resources  = [var.tenant.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.fence.event_source] } }
    }
  }
  queue = { arn = module.orders.arn }
}
