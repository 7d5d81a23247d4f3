# The routes are those of the document that the functions check requests by. The
# first tag of an operation names its service; one without security is public.
locals {
  name      = "${var.context.prefix}api"
  own       = { staff = { arn = module.staff.arn, name = module.staff.name } }
  functions = merge(var.services, local.own, { for pages in var.pages[*] : "pages" => pages.function })
  of_pages  = { for route in flatten(var.pages[*].routes) : route => { service = "pages", public = true } }
  routes = merge(local.of_pages, [
    for path, operations in jsondecode(file("${path.module}/../functions/openapi.json")).paths : {
      for method, operation in operations : "${upper(method)} ${path}" => {
        service = operation.tags[0]
        public  = length(operation.security) == 0
      }
    }
  ]...)
}

resource "aws_apigatewayv2_api" "default" {
  name                         = local.name
  description                  = "The coffee bar ${var.context.tenant}"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = false
  tags                         = var.context.tags
}

resource "aws_apigatewayv2_authorizer" "default" {
  api_id           = aws_apigatewayv2_api.default.id
  name             = "users"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = [aws_cognito_user_pool_client.default.id]
    issuer   = "https://${aws_cognito_user_pool.default.endpoint}"
  }
}

resource "aws_apigatewayv2_integration" "default" {
  for_each               = local.functions
  api_id                 = aws_apigatewayv2_api.default.id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 10000
}

resource "aws_apigatewayv2_route" "default" {
  for_each           = local.routes
  api_id             = aws_apigatewayv2_api.default.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.default[each.value.service].id}"
  authorization_type = each.value.public ? "NONE" : "JWT"
  authorizer_id      = each.value.public ? null : aws_apigatewayv2_authorizer.default.id
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.default.id
  name        = "$default"
  auto_deploy = true
  tags        = var.context.tags

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

resource "aws_lambda_permission" "default" {
  for_each      = local.functions
  statement_id  = "own-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.default.execution_arn}/*"
}
