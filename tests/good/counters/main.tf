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

module "count" {
  source     = "../../modules/event-function"
  tenant     = var.tenant
  fence      = var.fence
  name       = "count"
  source_dir = "${path.module}/src"
  environment = {
    DAYS  = tostring(var.days)
    TABLE = aws_dynamodb_table.default.name
  }
  policy_statements = {
    CountOrders = {
      actions   = ["dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
  }
  queue = { arn = module.orders.arn }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.fence.prefix}counters"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "drink"
  tags         = var.fence.tags

  attribute {
    name = "drink"
    type = "S"
  }
}
