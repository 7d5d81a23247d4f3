output "api" {
  description = "The HTTP API: its id, and its URL, under which the routes are."
  value = {
    id  = aws_apigatewayv2_api.default.id
    url = aws_apigatewayv2_api.default.api_endpoint
  }
}

output "users" {
  description = "The users: their pool's id, and the client's that tokens are for."
  value = {
    pool_id   = aws_cognito_user_pool.default.id
    client_id = aws_cognito_user_pool_client.default.id
  }
}
