variable "built" {
  description = "Folder with the built pages and the function's code; presso builds it before it plans."
  type        = string
  nullable    = false
}

variable "client_id" {
  description = "The client of the user pool that tokens are for."
  type        = string
  nullable    = false
}

variable "context" {
  description = "Values of the platform for the core: its tenant, and the prefix, boundary, event source and tags of its resources."
  type = object({
    tenant       = string
    region       = string
    account_id   = string
    bus_name     = string
    bus_arn      = string
    prefix       = string
    boundary_arn = string
    event_source = string
    tags         = map(string)
  })
  nullable = false
}

variable "sockets" {
  description = "Address of the WebSocket API, with its stage."
  type        = string
  nullable    = false
}
