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

variable "key" {
  description = "API key that authenticates the bar to the webhook. EventBridge and the state keep it; no plan or log shows it."
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
  description = "Header for the key."
  type        = string
  default     = "x-api-key"
  nullable    = false
}

variable "rate_limit" {
  description = "Maximum guests per second that are sent to the webhook; further ones wait."
  type        = number
  default     = 5
  nullable    = false
}

variable "url" {
  description = "The webhook's address. The default does not exist: its events become dead letters."
  type        = string
  default     = "https://feedback.invalid/guests"
  nullable    = false
}
