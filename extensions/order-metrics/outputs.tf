output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that could not be counted."
  value       = module.orders.dead_letter_queue_url
}

output "function_name" {
  description = "Name of the function that counts."
  value       = module.count.name
}

output "queue_url" {
  description = "URL of the queue of orders to be counted."
  value       = module.orders.url
}

output "table_name" {
  description = "Name of the table of counters."
  value       = module.counters.name
}
