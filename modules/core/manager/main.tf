resource "aws_dynamodb_table" "default" {
  name             = "${var.context.prefix}manager"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "pk"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = var.context.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "state"
    type = "S"
  }

  attribute {
    name = "userId"
    type = "S"
  }

  attribute {
    name = "TS"
    type = "N"
  }

  # The queue of baristas, and the orders of a customer; oldest first.
  dynamic "global_secondary_index" {
    for_each = toset(["state", "userId"])
    content {
      name            = global_secondary_index.value
      hash_key        = global_secondary_index.value
      range_key       = "TS"
      projection_type = "ALL"
    }
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "manager"
  description = "Keeps the orders: placed by customers, claimed, completed or cancelled by baristas"
  source_dir  = "${path.module}/../functions"
  handler     = "manager.handler"
  # The core's own events, and the robot's, whose source is its own.
  pattern = {
    source = [var.context.event_source, "serverlesspresso.extension.order-robot"]
    detail-type = [
      "ConfigService.ConfigChanged",
      "OrderProcessor.OrderTimeOut",
      "OrderProcessor.WaitingCompletion",
      "OrderProcessor.WorkflowStarted",
      "OrderProcessor.orderFinished",
      "OrderRobot.FulfillOrder",
      "ProducerRobot.FulfillOrder",
    ]
  }
  environment = {
    BUS    = var.context.bus_name
    TABLE  = aws_dynamodb_table.default.name
    TENANT = var.context.tenant
  }
  policy_statements = {
    Emit = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
    Keep = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn, "${aws_dynamodb_table.default.arn}/index/*"]
    }
    ResumeOrders = {
      actions   = ["states:SendTaskSuccess"]
      resources = [var.workflow_arn]
    }
    FollowStream = {
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      resources = [aws_dynamodb_table.default.stream_arn]
    }
  }
}

# Records of one item keep their order. A batch that fails is tried again for a
# quarter of an hour, then its place goes to the function's dead letters.
resource "aws_lambda_event_source_mapping" "default" {
  event_source_arn               = aws_dynamodb_table.default.stream_arn
  function_name                  = module.function.arn
  starting_position              = "TRIM_HORIZON"
  bisect_batch_on_function_error = true
  maximum_record_age_in_seconds  = 900
  tags                           = var.context.tags

  destination_config {
    on_failure {
      destination_arn = module.function.dead_letter_queue_arn
    }
  }
}
