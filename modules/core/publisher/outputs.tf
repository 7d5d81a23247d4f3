output "function" {
  description = "The function that answers the service's requests."
  value       = { arn = module.function.arn, name = module.function.name }
}

output "sockets" {
  description = "Address of the WebSocket API, with its stage."
  value       = local.sockets
}
