output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the guests whom the webhook could not be told of."
  value       = module.ask.dead_letter_queue_url
}

output "destination_name" {
  description = "Name of the API destination and of its connection."
  value       = module.ask.name
}
