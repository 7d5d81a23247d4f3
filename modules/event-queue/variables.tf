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

variable "max_receives" {
  description = "Times that a message is received before it goes to the dead-letter queue; AWS advises at least 5 where a function reads the queue."
  type        = number
  default     = 5
  nullable    = false
  validation {
    condition     = var.max_receives >= 1 && var.max_receives <= 1000
    error_message = "max_receives is between 1 and 1000; got ${var.max_receives}."
  }
}

variable "name" {
  description = "Name of the queue after the extension's prefix: what it holds, such as orders."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 18
    error_message = "A name has at most 18 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as orders; got \"${var.name}\"."
  }
}

variable "pattern" {
  description = "EventBridge pattern of the events that the queue receives, as an object."
  type        = any
  nullable    = false
  validation {
    condition     = can(keys(var.pattern)) && try(length(var.pattern) > 0, false)
    error_message = "The pattern is an object with at least one field, such as { detail-type = [\"OrderManager.OrderCompleted\"] }; for JSON text use jsondecode()."
  }
  validation {
    condition     = length(jsonencode(var.pattern)) <= 2048
    error_message = "The pattern has ${length(jsonencode(var.pattern))} characters as JSON, EventBridge allows 2048."
  }
}

variable "retention_seconds" {
  description = "Time that a message stays in the queue; in the dead-letter queue it stays 14 days."
  type        = number
  default     = 345600
  nullable    = false
  validation {
    condition     = var.retention_seconds >= 60 && var.retention_seconds <= 1209600
    error_message = "retention_seconds is between 60 and 1209600 (14 days); got ${var.retention_seconds}."
  }
}

variable "retry" {
  description = "How long and how often EventBridge tries to deliver an event before it goes to the dead-letter queue."
  type = object({
    maximum_event_age_in_seconds = optional(number, 86400)
    maximum_retry_attempts       = optional(number, 185)
  })
  default  = {}
  nullable = false
  validation {
    condition     = var.retry.maximum_event_age_in_seconds >= 60 && var.retry.maximum_event_age_in_seconds <= 86400
    error_message = "retry.maximum_event_age_in_seconds is between 60 and 86400; got ${var.retry.maximum_event_age_in_seconds}."
  }
  validation {
    condition     = var.retry.maximum_retry_attempts >= 0 && var.retry.maximum_retry_attempts <= 185
    error_message = "retry.maximum_retry_attempts is between 0 and 185; got ${var.retry.maximum_retry_attempts}."
  }
}

variable "visibility_timeout_seconds" {
  description = "Time that a message is hidden once received; six times the timeout of the function that reads it."
  type        = number
  default     = 180
  nullable    = false
  validation {
    condition     = var.visibility_timeout_seconds >= 0 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds is between 0 and 43200; got ${var.visibility_timeout_seconds}."
  }
}
