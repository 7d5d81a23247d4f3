resource "aws_dynamodb_table" "default" {
  name             = "${var.context.prefix}validator"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "pk"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = var.context.tags

  attribute {
    name = "pk"
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
  name        = "validator"
  description = "Shows a new code every five minutes, and takes the drinks of scanned ones"
  source_dir  = "${path.module}/../functions"
  handler     = "validator.handler"
  pattern = {
    source = [var.context.event_source]
    detail-type = [
      "ConfigService.ConfigChanged",
      "OrderProcessor.OrderTimeOut",
      "OrderProcessor.ShopUnavailable",
      "OrderProcessor.orderFinished",
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
      actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    FollowStream = {
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      resources = [aws_dynamodb_table.default.stream_arn]
    }
  }
}

# Of the buckets alone: nothing follows from other items. Records of one item keep
# their order. A batch that fails is tried again for a quarter of an hour, then its
# place goes to the function's dead letters.
resource "aws_lambda_event_source_mapping" "default" {
  event_source_arn               = aws_dynamodb_table.default.stream_arn
  function_name                  = module.function.arn
  starting_position              = "TRIM_HORIZON"
  bisect_batch_on_function_error = true
  maximum_record_age_in_seconds  = 900
  tags                           = var.context.tags

  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { Keys = { pk = { S = [{ prefix = "bucket#" }] } } } })
    }
  }

  destination_config {
    on_failure {
      destination_arn = module.function.dead_letter_queue_arn
    }
  }
}
