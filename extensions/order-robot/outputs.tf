output "barista_arn" {
  description = "ARN of the workflow that makes orders."
  value       = module.barista.arn
}

output "customer_arn" {
  description = "ARN of the workflow that places orders."
  value       = module.customer.arn
}

output "dead_letter_queue_urls" {
  description = "URLs of the queues that keep the events that started no execution, by workflow."
  value = {
    barista  = module.barista.dead_letter_queue_url
    customer = module.customer.dead_letter_queue_url
  }
}

output "table_name" {
  description = "Name of the table of the orders that the robots have taken on."
  value       = module.claims.name
}
