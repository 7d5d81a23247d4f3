variable "architecture" {
  description = "Processor architecture: arm64, which costs a fifth less, or x86_64 for libraries compiled for it."
  type        = string
  default     = "arm64"
  nullable    = false
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64; got \"${var.architecture}\"."
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

variable "description" {
  description = "What the function does, in a sentence."
  type        = string
  default     = ""
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "handler" {
  description = "The function's entry point: the file without its ending, a dot, the function's name."
  type        = string
  default     = "handler.handler"
  nullable    = false
}

variable "log_days" {
  description = "Days that the function's log is kept; one of the values CloudWatch Logs knows, 0 for no end."
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

variable "memory_mb" {
  description = "Memory of the function in MB; the processor's share grows with it."
  type        = number
  default     = 256
  nullable    = false
  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb is between 128 and 10240; got ${var.memory_mb}."
  }
}

variable "name" {
  description = "Name of the function after the extension's prefix: what it does, such as count."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 18
    error_message = "A name has at most 18 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as count; got \"${var.name}\"."
  }
}

variable "pattern" {
  description = "EventBridge pattern of the events that start the function, as an object; or else `queue`, or neither when a schedule or a workflow of the extension starts it."
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
  description = "Permissions of the function's role besides writing its log and receiving its events: statements by their Sid. The boundary limits them."
  type = map(object({
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
  }))
  default  = {}
  nullable = false
  validation {
    condition     = alltrue([for sid in keys(var.policy_statements) : can(regex("^[A-Za-z0-9]+$", sid))])
    error_message = "The keys of policy_statements are statement ids: letters and digits only, such as WriteCounters; got ${join(", ", keys(var.policy_statements))}."
  }
}

variable "queue" {
  description = "Queue of the extension that feeds the function, as event-queue makes it; or else `pattern`."
  type = object({
    arn                     = string
    batch_size              = optional(number, 10)
    batching_window_seconds = optional(number, 0)
    maximum_concurrency     = optional(number)
  })
  default = null
  validation {
    condition     = var.queue == null || var.pattern == null
    error_message = "A function has one trigger at most: either pattern (a rule starts it) or queue (it takes messages)."
  }
  validation {
    condition     = var.queue == null || startswith(try(split(":", var.queue.arn)[5], ""), var.context.prefix)
    error_message = "An extension takes messages from its own queues only: the name in queue.arn begins with ${var.context.prefix}."
  }
  validation {
    condition     = try(var.queue.batch_size, null) == null ? true : var.queue.batch_size >= 1 && (var.queue.batch_size <= 10 || var.queue.batch_size <= 10000 && var.queue.batching_window_seconds >= 1)
    error_message = "queue.batch_size is between 1 and 10, or up to 10000 with batching_window_seconds of at least 1."
  }
  validation {
    condition     = try(var.queue.maximum_concurrency, null) == null ? true : var.queue.maximum_concurrency >= 2 && var.queue.maximum_concurrency <= 1000
    error_message = "queue.maximum_concurrency is between 2 and 1000."
  }
}

variable "retry" {
  description = "How long and how often EventBridge tries to start the function before the event goes to the dead-letter queue; used with `pattern`."
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

variable "runtime" {
  description = "Lambda runtime, such as python3.13 or nodejs22.x."
  type        = string
  default     = "python3.13"
  nullable    = false
}

variable "source_dir" {
  description = "Folder with the function's code, such as \"$${path.module}/src\"."
  type        = string
  nullable    = false
}

variable "timeout_seconds" {
  description = "Maximum duration of one run of the function."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds is between 1 and 900; got ${var.timeout_seconds}."
  }
}
