variable "name" {
  description = "The bucket's name, as `state.bucket` in the tenants' files."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, such as acme-presso-states; got \"${var.name}\"."
  }
}

variable "tags" {
  description = "Tags of the bucket, beside `presso:unit`."
  type        = map(string)
  default     = {}
  nullable    = false
}
