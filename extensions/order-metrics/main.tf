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
    TABLE      = aws_dynamodb_table.default.name
  }
  policy_statements = {
    CountOrders = {
      actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
  }
  queue = {
    arn = module.orders.arn
    # All functions add to the same few counters: more of them would only
    # wait for each other.
    maximum_concurrency = 2
  }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}counters"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.context.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
