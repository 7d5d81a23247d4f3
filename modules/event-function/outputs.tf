output "arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.default.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps the events that the function could not process; null when a queue feeds it."
  value       = one([for queue in aws_sqs_queue.dead_letters : queue.arn])
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that the function could not process; null when a queue feeds it."
  value       = one([for queue in aws_sqs_queue.dead_letters : queue.url])
}

output "log_group" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.default.name
}

output "name" {
  description = "The function's name."
  value       = aws_lambda_function.default.function_name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.default.arn
}

output "rule_arn" {
  description = "ARN of the rule that starts the function; null without a pattern."
  value       = one([for rule in aws_cloudwatch_event_rule.default : rule.arn])
}
