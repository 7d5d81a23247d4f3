variable "event_source_prefix" {
  description = "What the source of the extension's events begins with; its name follows."
  type        = string
  default     = "serverlesspresso.extension."
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\\.$", var.event_source_prefix)) && !startswith(lower(var.event_source_prefix), "aws.")
    error_message = "event_source_prefix has up to 101 letters, digits and . _ / -, ends in a full stop and does not begin with aws., such as parcels.extension.; got \"${var.event_source_prefix}\"."
  }
}

variable "extension" {
  description = "The extension's name."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){1,19}$", var.extension)) && length(var.extension) <= 20
    error_message = "An extension's name has 2 to 20 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as wait-times; got \"${var.extension}\"."
  }
  validation {
    condition     = !contains(["core", "extension", "platform", "tenant"], var.extension)
    error_message = "The name \"${var.extension}\" is reserved for the platform. Choose another, such as what the extension does: wait-times."
  }
}

variable "tags" {
  description = "Tags of every resource of the extension, beside `presso:tenant` and `presso:extension`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tenant" {
  description = "The tenant that the extension is added to; the `tenant` output of its module."
  type = object({
    name       = string
    region     = string
    account_id = string
    bus_name   = string
    bus_arn    = string
  })
  nullable = false
}
