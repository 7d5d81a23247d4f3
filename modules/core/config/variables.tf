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

variable "first" {
  description = "The settings of a bar that is new, as the API shows them; a new bar is closed."
  type        = any
  nullable    = false
}

variable "time_zone" {
  description = "The opening hours are those of this IANA time zone."
  type        = string
  nullable    = false
}
