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

variable "order_days" {
  description = "Days that an order is remembered, so that it is counted once; longer than any copy of its event can be under way."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.order_days >= 16
    error_message = "order_days is at least 16: EventBridge tries for a day, and a queue keeps messages for up to 14; got ${var.order_days}."
  }
}
