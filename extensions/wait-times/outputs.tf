output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that started no execution."
  value       = module.average.dead_letter_queue_url
}

output "table_name" {
  description = "Name of the table of waiting times."
  value       = module.times.name
}

output "workflow_arn" {
  description = "ARN of the workflow."
  value       = module.average.arn
}
