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

variable "fence" {
  description = "Names, tags and permissions boundary that every resource here must carry."
  type = object({
    prefix       = string
    boundary_arn = string
    event_source = string
    tags         = map(string)
  })
  nullable = false
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

variable "tenant" {
  description = "What an extension may know of its tenant."
  type = object({
    name       = string
    region     = string
    account_id = string
    bus_name   = string
    bus_arn    = string
  })
  nullable = false
}
