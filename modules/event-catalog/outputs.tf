output "arn" {
  description = "The registry's ARN."
  value       = aws_schemas_registry.default.arn
}

output "discoverer_arn" {
  description = "ARN of the discoverer that infers schemas from the bus; null without `discovery`."
  value       = one([for discoverer in aws_schemas_discoverer.default : discoverer.arn])
}

output "registry" {
  description = "The registry's name."
  value       = aws_schemas_registry.default.name
}

output "schema_arns" {
  description = "ARNs of the schemas, by their names."
  value       = { for name, schema in aws_schemas_schema.default : name => schema.arn }
}
