output "api" {
  description = "The bar's HTTP API: its `id`, and its `url`, under which the routes are."
  value       = module.api.api
}

output "dashboard" {
  description = "Name of the bar's dashboard in CloudWatch."
  value       = module.metrics.dashboard
}

output "users" {
  description = "The bar's users in Cognito: the `pool_id`, and the `client_id` that tokens are for."
  value       = module.api.users
}
