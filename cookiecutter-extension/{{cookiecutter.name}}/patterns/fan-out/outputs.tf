output "dead_letter_queue_urls" {
  description = "URLs of the queues that keep what failed, by branch."
  value = {
    count = module.count.dead_letter_queue_url
    keep  = module.events.dead_letter_queue_url
  }
}

output "function_names" {
  description = "Names of the functions, by branch."
  value = {
    count = module.count.name
    keep  = module.keep.name
  }
}

output "table_name" {
  description = "Name of the table of records."
  value       = module.records.name
}
