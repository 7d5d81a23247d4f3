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

variable "expression" {
  description = "Time of the starts: a cron, rate or at expression of EventBridge Scheduler, such as cron(0 18 * * ? *)."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^(cron|rate|at)\\(.+\\)$", var.expression))
    error_message = "expression is cron(…), rate(…) or at(…), such as cron(0 18 * * ? *); got \"${var.expression}\"."
  }
}

variable "flexible_minutes" {
  description = "Minutes by which a start may come later, so that not everything starts at once; 0 for none."
  type        = number
  default     = 0
  nullable    = false
  validation {
    condition     = var.flexible_minutes >= 0 && var.flexible_minutes <= 1440
    error_message = "flexible_minutes is between 0 and 1440; got ${var.flexible_minutes}."
  }
}

variable "input" {
  description = "Input of the function or workflow, as an object. Its texts may have <aws.scheduler.scheduled-time>, the time it was due, and <aws.scheduler.execution-id>, the same in each attempt."
  type        = any
  default     = { time = "<aws.scheduler.scheduled-time>" }
  nullable    = false
  validation {
    condition     = can(keys(var.input))
    error_message = "input is an object, such as { time = \"<aws.scheduler.scheduled-time>\" }."
  }
}

variable "name" {
  description = "Name of the schedule after the extension's prefix, such as nightly. Its target needs another name."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 18
    error_message = "A name has at most 18 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as nightly; got \"${var.name}\"."
  }
}

variable "retry" {
  description = "How long and how often the Scheduler tries to start it before that goes to the dead-letter queue."
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

variable "starts" {
  description = "ARN of the extension's function or state machine that is started."
  type        = string
  nullable    = false
  validation {
    condition = anytrue([
      for kind in ["lambda:${var.context.region}:${var.context.account_id}:function", "states:${var.context.region}:${var.context.account_id}:stateMachine"] :
      can(regex("^arn:[a-z-]+:${kind}:${var.context.prefix}[a-z0-9-]+$", var.starts))
    ])
    error_message = "A schedule starts a function or state machine of its extension: the name in starts begins with ${var.context.prefix}."
  }
}

variable "time_zone" {
  description = "Time zone of `expression`, such as America/New_York."
  type        = string
  default     = "UTC"
  nullable    = false
}
