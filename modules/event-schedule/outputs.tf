output "arn" {
  description = "The schedule's ARN."
  value       = aws_scheduler_schedule.default.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue that keeps the starts that failed."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_queue_url" {
  description = "URL of the queue that keeps the starts that failed."
  value       = aws_sqs_queue.dead_letters.url
}

output "name" {
  description = "Name of the schedule and of its group."
  value       = aws_scheduler_schedule.default.name
}

output "role_arn" {
  description = "ARN of the role that the schedule starts with."
  value       = aws_iam_role.default.arn
}
