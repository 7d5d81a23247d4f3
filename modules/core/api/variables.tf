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

variable "services" {
  description = "The services that answer requests, by name: the function of each, and its routes."
  type = map(object({
    function = object({ arn = string, name = string })
    routes   = list(string)
  }))
  nullable = false
}
