locals {
  name = "${var.context.prefix}${var.name}"
  # The kind of authorization is not secret; its values are.
  ways = nonsensitive({
    API_KEY                  = var.authorization.api_key != null
    BASIC                    = var.authorization.basic != null
    OAUTH_CLIENT_CREDENTIALS = var.authorization.oauth != null
  })
  way = one([for way, given in local.ways : way if given])
}

resource "aws_cloudwatch_event_connection" "default" {
  name               = local.name
  description        = "How the extension proves to ${var.endpoint} who it is"
  authorization_type = local.way

  auth_parameters {
    dynamic "api_key" {
      for_each = local.way == "API_KEY" ? { default = true } : {}
      content {
        key   = var.authorization.api_key.header
        value = var.authorization.api_key.value
      }
    }

    dynamic "basic" {
      for_each = local.way == "BASIC" ? { default = true } : {}
      content {
        username = var.authorization.basic.username
        password = var.authorization.basic.password
      }
    }

    dynamic "oauth" {
      for_each = local.way == "OAUTH_CLIENT_CREDENTIALS" ? { default = true } : {}
      content {
        authorization_endpoint = var.authorization.oauth.authorization_endpoint
        http_method            = var.authorization.oauth.method

        client_parameters {
          client_id     = var.authorization.oauth.client_id
          client_secret = var.authorization.oauth.client_secret
        }

        oauth_http_parameters {
          dynamic "body" {
            for_each = nonsensitive(keys(var.authorization.oauth.body))
            content {
              key             = body.value
              value           = var.authorization.oauth.body[body.value]
              is_value_secret = false
            }
          }
        }
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "default" {
  name                             = local.name
  description                      = "Where events of the extension go"
  connection_arn                   = aws_cloudwatch_event_connection.default.arn
  http_method                      = var.method
  invocation_endpoint              = var.endpoint
  invocation_rate_limit_per_second = var.rate_limit
}
