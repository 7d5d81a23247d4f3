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

variable "days" {
  description = "Days that a drink is remembered."
  type        = number
  default     = 30
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
