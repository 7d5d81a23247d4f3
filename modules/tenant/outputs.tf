output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps what the tenant's own rules could not deliver."
  value       = aws_sqs_queue.default.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps what the tenant's own rules could not deliver."
  value       = aws_sqs_queue.default.url
}

output "deploy_role_arn" {
  description = "ARN of the role that extensions are applied through; null without deployers."
  value       = one([for role in aws_iam_role.deploy : role.arn])
}

output "event_log_group" {
  description = "Name of the log group that every event of the tenant is written to."
  value       = aws_cloudwatch_log_group.default.name
}

output "tenant" {
  description = "The values of the tenant; the `tenant` variable of the modules extension-context, event-player and event-catalog."
  value = {
    name       = var.name
    region     = data.aws_region.current.region
    account_id = local.account_id
    bus_name   = aws_cloudwatch_event_bus.default.name
    bus_arn    = aws_cloudwatch_event_bus.default.arn
  }
}
