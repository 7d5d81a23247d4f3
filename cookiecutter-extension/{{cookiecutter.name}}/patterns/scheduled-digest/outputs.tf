output "dead_letter_queue_urls" {
  description = "URLs of the queues that keep what failed: events, starts by the schedule, digests."
  value = {
    digests = module.report.dead_letter_queue_url
    events  = module.events.dead_letter_queue_url
    starts  = module.due.dead_letter_queue_url
  }
}

output "function_names" {
  description = "Names of the function that keeps records and of the one that reports."
  value = {
    keep   = module.keep.name
    report = module.report.name
  }
}

output "table_name" {
  description = "Name of the table of records."
  value       = module.records.name
}
