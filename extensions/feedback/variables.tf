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

variable "key" {
  description = "API key that the webhook knows the bar by. It is kept by EventBridge and in the state, and in no plan or log."
  type        = string
  default     = "none"
  nullable    = false
  sensitive   = true
  validation {
    condition     = length(var.key) >= 1 && length(var.key) <= 512
    error_message = "key has 1 to 512 characters."
  }
}

variable "key_header" {
  description = "Header that the key is sent in."
  type        = string
  default     = "x-api-key"
  nullable    = false
}

variable "rate_limit" {
  description = "Guests in a second, at most, that the webhook is told of; what comes faster waits."
  type        = number
  default     = 5
  nullable    = false
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

variable "url" {
  description = "The webhook's address. Until it is set, there is nobody at it, and the events end among the dead letters."
  type        = string
  default     = "https://feedback.invalid/guests"
  nullable    = false
}
