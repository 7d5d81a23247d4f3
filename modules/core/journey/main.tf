resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}journey"
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

module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "journey"
  description = "Keeps the story of each order"
  source_dir  = "${path.module}/../functions"
  handler     = "journey.handler"
  # Every event about an order, also an extension's.
  pattern = {
    account = [var.context.account_id]
    detail  = { orderId = [{ exists = true }] }
  }
  environment = {
    BUS    = var.context.bus_name
    TABLE  = aws_dynamodb_table.default.name
    TENANT = var.context.tenant
  }
  policy_statements = {
    Keep = {
      actions   = ["dynamodb:PutItem", "dynamodb:Query"]
      resources = [aws_dynamodb_table.default.arn]
    }
  }
}
