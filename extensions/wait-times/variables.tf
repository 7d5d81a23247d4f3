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

variable "days" {
  description = "Days that a waiting time is kept: a drink that is not ordered for so long has no average any more."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.days >= 2 && floor(var.days) == var.days
    error_message = "days is a whole number of at least 2: EventBridge tries to deliver for a day; got ${var.days}."
  }
}

variable "orders" {
  description = "Number of a drink's last orders in the average."
  type        = number
  default     = 10
  nullable    = false
  validation {
    condition     = var.orders >= 1 && var.orders <= 1000 && floor(var.orders) == var.orders
    error_message = "orders is a whole number between 1 and 1000; got ${var.orders}."
  }
}
