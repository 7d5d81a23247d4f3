output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events whose work failed."
  value       = module.events.dead_letter_queue_url
}

output "function_name" {
  description = "Name of the function that works."
  value       = module.work.name
}

output "queue_url" {
  description = "URL of the queue of events to be worked on."
  value       = module.events.url
}
