variable "authorization" {
  description = "How the connection authenticates, exactly one of: an API key in a header, a name with a password, or OAuth client credentials."
  type = object({
    api_key = optional(object({
      header = string
      value  = string
    }))
    basic = optional(object({
      username = string
      password = string
    }))
    oauth = optional(object({
      authorization_endpoint = string
      client_id              = string
      client_secret          = string
      method                 = optional(string, "POST")
      body                   = optional(map(string), {})
    }))
  })
  nullable  = false
  sensitive = true
  validation {
    condition     = length([for way in [var.authorization.api_key, var.authorization.basic, var.authorization.oauth] : true if way != null]) == 1
    error_message = "authorization has exactly one of api_key, basic and oauth."
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

variable "endpoint" {
  description = "URL that is called, such as https://example.com/orders; a * in it is replaced with a value of `path_values`."
  type        = string
  nullable    = false
  validation {
    condition     = startswith(var.endpoint, "https://") && length(var.endpoint) <= 2048
    error_message = "endpoint is an https URL of at most 2048 characters, such as https://example.com/orders; got \"${var.endpoint}\"."
  }
}

variable "headers" {
  description = "Headers of each call besides the connection's own, such as { Content-Type = \"application/json\" }."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "input" {
  description = "Content to send instead of the whole event: `paths` are values of the event by name, `template` is the text, with <name> for them."
  type = object({
    paths    = optional(map(string), {})
    template = string
  })
  default = null
  validation {
    condition     = var.input == null ? true : length(var.input.template) >= 1 && length(var.input.template) <= 8192 && length(var.input.paths) <= 100
    error_message = "input.template has 1 to 8192 characters, and input.paths at most 100 entries."
  }
  validation {
    condition     = var.input == null ? true : alltrue([for name, path in var.input.paths : can(regex("^[A-Za-z0-9_-]+$", name)) && !startswith(name, "AWS") && startswith(path, "$.")])
    error_message = "input.paths are JSON paths such as $.detail.orderId by names of letters, digits, - and _ that do not begin with AWS."
  }
}

variable "method" {
  description = "HTTP method of the calls."
  type        = string
  default     = "POST"
  nullable    = false
  validation {
    condition     = contains(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"], var.method)
    error_message = "method is DELETE, GET, HEAD, OPTIONS, PATCH, POST or PUT; got \"${var.method}\"."
  }
}

variable "name" {
  description = "Name of the destination after the extension's prefix, such as survey."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 18
    error_message = "A name has at most 18 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as survey; got \"${var.name}\"."
  }
}

variable "path_values" {
  description = "JSON paths of the event, such as $.detail.orderId, whose values replace the * in `endpoint`, in order."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = length(var.path_values) == length(split("*", var.endpoint)) - 1
    error_message = "path_values has a value for each * in endpoint: ${length(split("*", var.endpoint)) - 1}; got ${length(var.path_values)}."
  }
}

variable "pattern" {
  description = "EventBridge pattern of the events that are sent, as an object."
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

variable "rate_limit" {
  description = "Maximum calls per second; further events wait."
  type        = number
  default     = 10
  nullable    = false
  validation {
    condition     = var.rate_limit >= 1 && var.rate_limit <= 300
    error_message = "rate_limit is between 1 and 300; got ${var.rate_limit}."
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
