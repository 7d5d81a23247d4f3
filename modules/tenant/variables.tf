variable "archive_days" {
  description = "Days that the archive keeps every event for a replay; 0 keeps them until the tenant is destroyed."
  type        = number
  default     = 30
  nullable    = false
  validation {
    condition     = var.archive_days >= 0 && floor(var.archive_days) == var.archive_days
    error_message = "archive_days is a whole number of days, 0 for no end; got ${var.archive_days}."
  }
}

variable "deployers" {
  description = "ARNs of the roles and users that may deploy extensions, through the tenant's deploy role; with none there is no such role."
  type        = list(string)
  default     = []
  nullable    = false
  validation {
    condition     = alltrue([for arn in var.deployers : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "deployers are ARNs of single roles or users, such as arn:aws:iam::111111111111:role/ci; neither a whole account (root), nor a wildcard, nor a session (sts); got ${jsonencode(var.deployers)}."
  }
  validation {
    condition     = length(distinct(var.deployers)) == length(var.deployers)
    error_message = "deployers has a duplicate: ${jsonencode(var.deployers)}."
  }
}

variable "log_days" {
  description = "Days that the event log keeps every event; one of the values CloudWatch Logs knows, 0 for no end."
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

variable "name" {
  description = "The tenant's name: the name of its bus, and, with a double hyphen, the start of all its other names."
  type        = string
  nullable    = false
  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){1,19}$", var.name)) && length(var.name) <= 20
    error_message = "A tenant's name has 2 to 20 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen, such as nyc or summit-2026; got \"${var.name}\"."
  }
  validation {
    condition     = !contains(["default", "xn"], var.name)
    error_message = "The name \"${var.name}\" is reserved: AWS names each account's own bus \"default\", and reserves bucket names that begin with \"xn--\". Choose another."
  }
}

variable "region" {
  description = "Region of the tenant: a plan in any other fails. Null for the provider's."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource, beside `presso:tenant` and `presso:unit`."
  type        = map(string)
  default     = {}
  nullable    = false
}
