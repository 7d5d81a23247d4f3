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

variable "definition" {
  description = "The workflow in Amazon States Language: an object, such as yamldecode(templatefile(…)) makes of a file, or JSON text."
  type        = any
  nullable    = false
  validation {
    condition     = can([var.definition.StartAt, var.definition.States]) || can([jsondecode(var.definition).StartAt, jsondecode(var.definition).States])
    error_message = "The definition is an object, or the JSON text of one, with StartAt and States."
  }
}

variable "log_days" {
  description = "Days that the workflow's log is kept; one of the values CloudWatch Logs knows, 0 for no end."
  type        = number
  default     = 7
  nullable    = false
  validation {
    condition = contains(
      [
        0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
        1096, 1827, 2192, 2557, 2922, 3288, 3653
      ],
      var.log_days
    )
    error_message = "log_days is one of CloudWatch Logs' retentions, such as 1, 3, 5, 7, 14, 30, 90 or 365 (0: no end); got ${var.log_days}."
  }
}

variable "log_level" {
  description = "Log level of executions: OFF, FATAL, ERROR or ALL. By default OFF for a STANDARD workflow, whose history Step Functions keeps, and ERROR for an EXPRESS one."
  type        = string
  default     = null
  validation {
    condition     = var.log_level == null ? true : contains(["OFF", "FATAL", "ERROR", "ALL"], var.log_level)
    error_message = "log_level is OFF, FATAL, ERROR or ALL; got \"${coalesce(var.log_level, "null")}\"."
  }
}

variable "name" {
  description = "Name of the workflow after the extension's prefix: what it does, such as average."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 14
    error_message = "A name has at most 14 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as average; got \"${var.name}\"."
  }
}

variable "pattern" {
  description = "EventBridge pattern of the events that start the workflow, as an object; without it, a schedule or another workflow of the extension starts it."
  type        = any
  default     = null
  validation {
    condition     = var.pattern == null || can(keys(var.pattern)) && try(length(var.pattern) > 0, false)
    error_message = "The pattern is an object with at least one field, such as { detail-type = [\"OrderManager.OrderCompleted\"] }; for JSON text use jsondecode()."
  }
  validation {
    condition     = length(jsonencode(var.pattern)) <= 2048
    error_message = "The pattern has ${length(jsonencode(var.pattern))} characters as JSON, EventBridge allows 2048."
  }
}

variable "policy_statements" {
  description = "Permissions of the workflow's role: statements by their Sid. The boundary limits them."
  type = map(object({
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
  }))
  default  = {}
  nullable = false
  validation {
    condition     = alltrue([for sid in keys(var.policy_statements) : can(regex("^[A-Za-z0-9]+$", sid))])
    error_message = "The keys of policy_statements are statement ids: letters and digits only, such as QueryAverages; got ${join(", ", keys(var.policy_statements))}."
  }
}

variable "retry" {
  description = "How long and how often EventBridge tries to start the workflow before the event goes to the dead-letter queue; used with `pattern`."
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

variable "type" {
  description = "STANDARD, which runs up to a year, each execution exactly once; or EXPRESS, which runs up to five minutes, at least once, and costs less where there is much to do."
  type        = string
  default     = "STANDARD"
  nullable    = false
  validation {
    condition     = contains(["STANDARD", "EXPRESS"], var.type)
    error_message = "type is STANDARD or EXPRESS; got \"${var.type}\"."
  }
}
