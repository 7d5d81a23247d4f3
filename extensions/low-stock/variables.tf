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

variable "low_at" {
  description = "Portions of a drink that are left when it counts as low."
  type        = number
  default     = 10
  nullable    = false
  validation {
    condition     = var.low_at >= 0 && floor(var.low_at) == var.low_at
    error_message = "low_at is a whole number of at least 0; got ${var.low_at}."
  }
}

variable "stock" {
  description = "Portions of each drink at the beginning. Drinks that are not named are not counted."
  type        = map(number)
  default = {
    "Americano"   = 100
    "Caffe Latte" = 100
    "Cappuccino"  = 100
    "Espresso"    = 100
    "Flat White"  = 100
  }
  nullable = false
  validation {
    condition     = alltrue([for portions in var.stock : portions >= 1 && floor(portions) == portions])
    error_message = "stock has whole numbers of at least 1, such as { Espresso = 100 }."
  }
}
