output "function" {
  description = "The function that serves the pages."
  value       = { arn = module.function.arn, name = module.function.name }
}

output "routes" {
  description = "The requests that it answers."
  value       = ["GET /", "GET /admin", "GET /assets/{file}", "GET /barista", "GET /display", "GET /journey"]
}
