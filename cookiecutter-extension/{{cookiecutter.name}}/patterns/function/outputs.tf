output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that could not be counted."
  value       = module.count.dead_letter_queue_url
}

output "function_name" {
  description = "Name of the function that counts."
  value       = module.count.name
}
