module "average" {
  source  = "../../modules/event-workflow"
  context = var.context
  name    = "average"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion", "OrderManager.OrderCompleted"]
  }
  definition = yamldecode(templatefile("${path.module}/average.asl.yaml", {
    bus       = var.context.bus_name
    days      = var.days
    orders    = var.orders
    partition = data.aws_partition.current.partition
    source    = var.context.event_source
    table     = aws_dynamodb_table.default.name
  }))
  policy_statements = {
    KeepTimes = {
      actions   = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    TellAverage = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}times"
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

data "aws_partition" "current" {}
