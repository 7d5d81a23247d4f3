variable "barista" {
  description = "Id of the barista that the robot acts as, a UUID."
  type        = string
  default     = "5c1d7a1e-0b07-4c0f-8f5e-7d0b0a57b07a"
  nullable    = false
  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.barista))
    error_message = "barista is a UUID, such as 2842daf6-2656-4690-ad3e-06e4efc9bfa1; got \"${var.barista}\"."
  }
}

variable "cancel_percent" {
  description = "Percentage of orders that the robot cancels instead of completing them."
  type        = number
  default     = 10
  nullable    = false
  validation {
    condition     = var.cancel_percent >= 0 && var.cancel_percent <= 100
    error_message = "cancel_percent is between 0 and 100; got ${var.cancel_percent}."
  }
}

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

variable "menu" {
  description = "What the robot orders: the options of each kind of modifier, by drink."
  type        = map(map(list(string)))
  default = {
    "Americano"   = {}
    "Caffe Latte" = { Milk = ["Regular", "Oat"] }
    "Cappuccino"  = {}
    "Espresso"    = {}
    "Flat White"  = {}
  }
  nullable = false
  validation {
    condition     = length(var.menu) > 0 && alltrue(flatten([for modifiers in var.menu : [for options in modifiers : length(options) > 0]]))
    error_message = "menu has at least one drink, and each kind of modifier at least one option, such as { \"Caffe Latte\" = { Milk = [\"Regular\", \"Oat\"] } }."
  }
}

variable "seconds" {
  description = "How long the robots take, at least and at most: to think of a drink, to notice an order, to work on it."
  type = object({
    think  = optional(object({ min = number, max = number }), { min = 10, max = 30 })
    notice = optional(object({ min = number, max = number }), { min = 2, max = 10 })
    work   = optional(object({ min = number, max = number }), { min = 10, max = 30 })
  })
  default  = {}
  nullable = false
  validation {
    condition     = alltrue([for span in var.seconds : span.min >= 0 && span.min <= span.max && span.max <= 600 && floor(span.min) == span.min && floor(span.max) == span.max])
    error_message = "seconds are whole numbers from 0 to 600, min not above max, such as { work = { min = 10, max = 30 } }."
  }
}

variable "users" {
  description = "Ids of the users that the robot orders for: it chooses the drink of each of them who scans the code."
  type        = list(string)
  default     = ["robot"]
  nullable    = false
  validation {
    condition     = length(var.users) > 0
    error_message = "users has at least one id, such as robot."
  }
}
