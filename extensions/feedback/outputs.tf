output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue for events that the webhook did not accept."
  value       = module.ask.dead_letter_queue_url
}

output "destination_name" {
  description = "Name of the API destination and of its connection."
  value       = module.ask.name
}
