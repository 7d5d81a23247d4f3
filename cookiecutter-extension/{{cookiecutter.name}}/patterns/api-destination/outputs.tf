output "api_destination_arn" {
  description = "ARN of the API destination."
  value       = module.webhook.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that the webhook did not accept, until they are logged."
  value       = module.webhook.dead_letter_queue_url
}

output "function_name" {
  description = "Name of the function that logs dead letters."
  value       = module.log.name
}
