resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}metrics"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.context.tags

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

# Its log is the measurements: CloudWatch reads metrics from the lines that are in its
# embedded format.
module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "metrics"
  description = "Counts orders and measures how long they wait and are made"
  source_dir  = "${path.module}/../functions"
  handler     = "metrics.handler"
  pattern = {
    source = [var.context.event_source]
    detail-type = [
      "OrderManager.MakeOrder",
      "OrderManager.OrderCancelled",
      "OrderManager.OrderCompleted",
      "OrderManager.WaitingCompletion",
      "OrderProcessor.OrderTimeOut",
      "OrderProcessor.ShopUnavailable",
      "Validator.NewOrder",
    ]
  }
  environment = {
    BUS    = var.context.bus_name
    TABLE  = aws_dynamodb_table.default.name
    TENANT = var.context.tenant
    # The hours that are counted are the bar's.
    TIME_ZONE = var.time_zone
  }
  policy_statements = {
    Keep = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
  }
}

locals {
  namespace = "presso/${var.context.tenant}/core"
  # Each alarm: the sum of these metrics in so many seconds is more than `above`.
  alarms = {
    failed-workflows = {
      description = "A workflow of an order failed or was stopped"
      above       = 0
      seconds     = 300
      metrics = [
        for name in ["ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"] :
        { namespace = "AWS/States", name = name, dimensions = { StateMachineArn = var.workflow_arn }, stat = "Sum" }
      ]
    }
    dead-letters = {
      description = "A service failed to take an event; see presso bar dead-letters"
      above       = 0
      seconds     = 300
      metrics = [
        for name in var.dead_letters :
        { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, stat = "Maximum" }
      ]
    }
    time-outs = {
      description = "Customers or baristas let several orders time out"
      above       = 4
      seconds     = 900
      metrics     = [{ namespace = local.namespace, name = "TimedOut", dimensions = {}, stat = "Sum" }]
    }
    server-errors = {
      description = "The API answered with 5xx"
      above       = 0
      seconds     = 300
      metrics     = [{ namespace = "AWS/ApiGateway", name = "5xx", dimensions = { ApiId = var.api_id }, stat = "Sum" }]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "default" {
  for_each            = local.alarms
  alarm_name          = "${var.context.prefix}${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  tags                = var.context.tags

  metric_query {
    id          = "all"
    expression  = "SUM(METRICS())"
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id = "m${metric_query.key}"
      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = each.value.seconds
        stat        = metric_query.value.stat
      }
    }
  }
}

resource "aws_cloudwatch_dashboard" "default" {
  dashboard_name = "${var.context.prefix}bar"
  dashboard_body = jsonencode({
    widgets = [
      for number, widget in [
        {
          title   = "Orders"
          stat    = "Sum"
          metrics = [for name in ["Scanned", "Ordered", "Completed", "Cancelled", "TimedOut", "Refused"] : [local.namespace, name]]
        },
        {
          title   = "Seconds until claimed, and until made"
          stat    = "p90"
          metrics = [for name in ["WaitingTime", "MakingTime"] : [local.namespace, name]]
        },
        {
          title   = "API"
          stat    = "Sum"
          metrics = [for name in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", name, "ApiId", var.api_id]]
        },
        {
          title   = "Dead letters"
          stat    = "Maximum"
          metrics = [for name in var.dead_letters : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name]]
        },
        ] : {
        type   = "metric"
        x      = 12 * (number % 2)
        y      = 6 * floor(number / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = var.context.region
          period  = 60
          stat    = widget.stat
          view    = "timeSeries"
          metrics = widget.metrics
        }
      }
    ]
  })
}
