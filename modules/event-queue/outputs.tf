output "arn" {
  description = "The queue's ARN."
  value       = aws_sqs_queue.default.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps what was not delivered or not processed."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps what was not delivered or not processed."
  value       = aws_sqs_queue.dead_letters.url
}

output "name" {
  description = "The queue's name."
  value       = aws_sqs_queue.default.name
}

output "rule_arn" {
  description = "ARN of the rule that feeds the queue."
  value       = aws_cloudwatch_event_rule.default.arn
}

output "url" {
  description = "The queue's URL."
  value       = aws_sqs_queue.default.url
}
