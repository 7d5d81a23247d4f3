output "arn" {
  description = "The API destination's ARN."
  value       = aws_cloudwatch_event_api_destination.default.arn
}

output "connection_arn" {
  description = "ARN of the connection that keeps the credentials."
  value       = aws_cloudwatch_event_connection.default.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps the events that could not be sent."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the events that could not be sent."
  value       = aws_sqs_queue.dead_letters.url
}

output "name" {
  description = "Name of the API destination and of its connection."
  value       = aws_cloudwatch_event_api_destination.default.name
}

output "role_arn" {
  description = "ARN of the role that the rule calls with."
  value       = aws_iam_role.default.arn
}

output "rule_arn" {
  description = "ARN of the rule that takes the events."
  value       = aws_cloudwatch_event_rule.default.arn
}
