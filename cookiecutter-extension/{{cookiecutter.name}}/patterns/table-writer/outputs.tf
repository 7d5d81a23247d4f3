output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that could not be recorded."
  value       = module.events.dead_letter_queue_url
}

output "function_name" {
  description = "Name of the function that keeps records."
  value       = module.keep.name
}

output "table_name" {
  description = "Name of the table of records."
  value       = module.records.name
}
