output "arn" {
  description = "The state machine's ARN."
  value       = aws_sfn_state_machine.default.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps the events that started no execution; null without a pattern."
  value       = one([for queue in aws_sqs_queue.dead_letters : queue.arn])
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that started no execution; null without a pattern."
  value       = one([for queue in aws_sqs_queue.dead_letters : queue.url])
}

output "log_group" {
  description = "Name of the workflow's log group; null when it writes no log."
  value       = one([for group in aws_cloudwatch_log_group.default : group.name])
}

output "name" {
  description = "The state machine's name."
  value       = aws_sfn_state_machine.default.name
}

output "role_arn" {
  description = "ARN of the role that the workflow acts as."
  value       = aws_iam_role.default.arn
}

output "rule_arn" {
  description = "ARN of the rule that starts the workflow; null without a pattern."
  value       = one([for rule in aws_cloudwatch_event_rule.default : rule.arn])
}
