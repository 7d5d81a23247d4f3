output "workflow_arn" {
  description = "ARN of the workflow of orders."
  value       = module.workflow.arn
}
