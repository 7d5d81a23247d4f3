output "scenarios" {
  description = "The scenarios of the player: per scenario its title, minutes, orders and number of events."
  value       = local.summaries
}

output "state_machine_arn" {
  description = "ARN of the player; an execution with the input {} replays the default scenario at its own speed."
  value       = aws_sfn_state_machine.default.arn
}
