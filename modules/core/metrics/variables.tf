variable "api_id" {
  description = "The bar's HTTP API."
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

variable "dead_letters" {
  description = "Names of the queues that keep what the services failed to take."
  type        = list(string)
  nullable    = false
}

variable "time_zone" {
  description = "Days and hours are those of this IANA time zone."
  type        = string
  nullable    = false
}

variable "workflow_arn" {
  description = "The workflow of an order."
  type        = string
  nullable    = false
}
