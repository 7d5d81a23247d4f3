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

variable "pages" {
  description = "The function that serves the pages, and their routes; null for a bar without pages."
  type = object({
    function = object({ arn = string, name = string })
    routes   = list(string)
  })
  default = null
}

variable "services" {
  description = "The functions that answer requests, by their services."
  type        = map(object({ arn = string, name = string }))
  nullable    = false
}
