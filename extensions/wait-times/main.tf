module "average" {
  source = "../../modules/event-workflow"
  tenant = var.tenant
  fence  = var.fence
  name   = "average"
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.WaitingCompletion", "OrderManager.OrderCompleted"]
  }
  definition = yamldecode(templatefile("${path.module}/average.asl.yaml", {
    bus       = var.tenant.bus_name
    days      = var.days
    orders    = var.orders
    partition = data.aws_partition.current.partition
    source    = var.fence.event_source
    table     = aws_dynamodb_table.default.name
  }))
  policy_statements = {
    KeepTimes = {
      actions   = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    TellAverage = {
      actions    = ["events:PutEvents"]
      resources  = [var.tenant.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.fence.event_source] } }
    }
  }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.fence.prefix}times"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.fence.tags

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
