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

variable "hash_key" {
  description = "Partition key: the attribute's name, and its type, S (text), N (number) or B (bytes)."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default  = { name = "pk" }
  nullable = false
  validation {
    condition     = contains(["S", "N", "B"], var.hash_key.type)
    error_message = "hash_key.type is S, N or B; got \"${var.hash_key.type}\"."
  }
}

variable "kms_key_arn" {
  description = "ARN of the extension's own key that encrypts the table; without it, AWS encrypts the table with a key of its own."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the table after the extension's prefix: what it keeps, such as counters."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name)) && length(var.name) <= 40
    error_message = "A name has at most 40 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as counters; got \"${var.name}\"."
  }
}

variable "point_in_time_recovery" {
  description = "Whether AWS keeps backups from which the table can be restored to any second of the last 35 days; it is billed by the gigabyte."
  type        = bool
  default     = false
  nullable    = false
}

variable "range_key" {
  description = "Sort key, such as { name = \"sk\" }; null for a table without one."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default = null
  validation {
    condition     = var.range_key == null ? true : contains(["S", "N", "B"], var.range_key.type)
    error_message = "range_key.type is S, N or B; got \"${try(var.range_key.type, "null")}\"."
  }
  validation {
    condition     = var.range_key == null ? true : var.range_key.name != var.hash_key.name
    error_message = "hash_key and range_key are different attributes; both are \"${var.hash_key.name}\"."
  }
}

variable "ttl_attribute" {
  description = "Attribute with the time, in seconds since 1970, after which DynamoDB deletes an item; null to keep items."
  type        = string
  default     = "expires"
}
