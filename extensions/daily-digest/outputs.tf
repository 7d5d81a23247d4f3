output "dead_letter_queue_urls" {
  description = "URLs of the queues that keep what failed: events that could not be collected, digests that could not be made, starts that failed."
  value = {
    collect = module.orders.dead_letter_queue_url
    digest  = module.digest.dead_letter_queue_url
    nightly = module.nightly.dead_letter_queue_url
  }
}

output "digest_function_name" {
  description = "Name of the function that makes the digest."
  value       = module.digest.name
}

output "queue_url" {
  description = "URL of the queue of events to be collected."
  value       = module.orders.url
}

output "schedule_name" {
  description = "Name of the schedule, and of its group."
  value       = module.nightly.name
}

output "table_name" {
  description = "Name of the table of days and digests."
  value       = module.days.name
}
