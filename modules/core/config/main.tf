resource "aws_dynamodb_table" "default" {
  name             = "${var.context.prefix}config"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "pk"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = var.context.tags

  attribute {
    name = "pk"
    type = "S"
  }
}

module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "config"
  description = "Keeps whether the shop is open, its hours, menu, languages and limits"
  source_dir  = "${path.module}/../functions"
  handler     = "config.handler"
  environment = {
    BUS       = var.context.bus_name
    TABLE     = aws_dynamodb_table.default.name
    TENANT    = var.context.tenant
    TIME_ZONE = var.time_zone
    FIRST     = jsonencode(var.first)
  }
  policy_statements = {
    Emit = {
      actions    = ["events:PutEvents"]
      resources  = [var.context.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.context.event_source] } }
    }
    Keep = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    FollowStream = {
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      resources = [aws_dynamodb_table.default.stream_arn]
    }
  }
}

# Hours change through the API, so the function compares them with the clock.
module "hours" {
  source     = "../../event-schedule"
  context    = var.context
  name       = "hours"
  expression = "rate(1 minute)"
  starts     = module.function.arn
  input      = { due = "hours" }
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
