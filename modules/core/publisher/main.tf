data "aws_partition" "current" {}

locals {
  arn     = "arn:${data.aws_partition.current.partition}"
  here    = "${var.context.region}:${var.context.account_id}"
  stage   = "bar"
  sockets = "${aws_apigatewayv2_api.default.api_endpoint}/${local.stage}"
}

# Connections by channel, and the messages of the last hour.
resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}publisher"
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
  name        = "publisher"
  description = "Sends live updates to pages, each only what it may hear"
  source_dir  = "${path.module}/../functions"
  handler     = "publisher.handler"
  # The core's own events, and the average that displays show, whose source is its extension's.
  pattern = {
    source = [var.context.event_source, "serverlesspresso.extension.wait-times"]
    detail-type = [
      "ConfigService.ConfigChanged",
      "OrderManager.DrinkAverageTime",
      "OrderManager.MakeOrder",
      "OrderManager.OrderCancelled",
      "OrderManager.OrderCompleted",
      "OrderManager.WaitingCompletion",
      "OrderProcessor.OrderTimeOut",
      "OrderProcessor.ShopUnavailable",
      "OrderProcessor.WorkflowStarted",
      "OrderProcessor.orderFinished",
    ]
  }
  environment = {
    BUS    = var.context.bus_name
    SOCKET = local.sockets
    TABLE  = aws_dynamodb_table.default.name
    TENANT = var.context.tenant
  }
  policy_statements = {
    Keep = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    SendToConnections = {
      actions   = ["execute-api:ManageConnections"]
      resources = ["${local.arn}:execute-api:${local.here}:${aws_apigatewayv2_api.default.id}/${local.stage}/POST/@connections/*"]
    }
  }
}

resource "aws_apigatewayv2_api" "default" {
  name                       = "${var.context.prefix}live"
  description                = "What happens in the coffee bar ${var.context.tenant}, live"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
  tags                       = var.context.tags
}

resource "aws_apigatewayv2_integration" "default" {
  api_id           = aws_apigatewayv2_api.default.id
  integration_type = "AWS_PROXY"
  integration_uri  = "${local.arn}:apigateway:${var.context.region}:lambda:path/2015-03-31/functions/${module.function.arn}/invocations"
}

# Who connects shows a ticket of GET /live, whose route has the JWT authorizer.
resource "aws_apigatewayv2_route" "default" {
  for_each           = toset(["$connect", "$disconnect", "since"])
  api_id             = aws_apigatewayv2_api.default.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.default.id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.default.id
  name        = local.stage
  auto_deploy = true
  tags        = var.context.tags

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }

  # A stage deploys the routes that are there.
  depends_on = [aws_apigatewayv2_route.default]
}

resource "aws_lambda_permission" "default" {
  statement_id  = "own-sockets"
  action        = "lambda:InvokeFunction"
  function_name = module.function.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.default.execution_arn}/*"
}
