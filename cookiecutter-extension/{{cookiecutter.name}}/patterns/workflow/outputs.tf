output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that started no execution."
  value       = module.note.dead_letter_queue_url
}

output "table_name" {
  description = "Name of the table of records."
  value       = module.records.name
}

output "workflow_arn" {
  description = "ARN of the state machine."
  value       = module.note.arn
}
