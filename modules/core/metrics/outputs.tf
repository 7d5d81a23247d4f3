output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.default.dashboard_name
}

output "function" {
  description = "The function that answers the service's requests."
  value       = { arn = module.function.arn, name = module.function.name }
}
