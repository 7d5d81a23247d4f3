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
    table     = module.times.name
  }))
  policy_statements = {
    KeepTimes = module.times.statements.write
    ReadTimes = module.times.statements.read
    TellAverage = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
  }
}

module "times" {
  source    = "../../modules/event-table"
  context   = var.context
  name      = "times"
  range_key = { name = "sk" }
}

data "aws_partition" "current" {}
