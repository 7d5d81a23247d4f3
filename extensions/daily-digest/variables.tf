variable "context" {
  description = "Values of the platform for the extension: its tenant, and the prefix, boundary, event source and tags of its resources."
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

variable "day_begins" {
  description = "Hour, UTC, at which one day ends and the next begins. Choose one at which the bar is closed: 8 for a bar in Los Angeles."
  type        = number
  default     = 0
  nullable    = false
  validation {
    condition     = var.day_begins >= 0 && var.day_begins <= 23 && floor(var.day_begins) == var.day_begins
    error_message = "day_begins is a whole hour from 0 to 23, UTC; got ${var.day_begins}."
  }
}
