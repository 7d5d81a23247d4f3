module "orders" {
  source  = "../../modules/event-queue"
  context = var.context
  name    = "orders"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
  }
}

module "count" {
  source     = "../../modules/event-function"
  context    = var.context
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
  name         = "${var.context.prefix}counters"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "drink"
  tags         = var.context.tags

  attribute {
    name = "drink"
    type = "S"
  }
}
