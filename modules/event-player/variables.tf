variable "default_source" {
  description = "The source of events of scenarios that name none."
  type        = string
  default     = "awsserverlessda.serverlesspresso"
  nullable    = false
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$", var.default_source)) && !startswith(lower(var.default_source), "aws.")
    error_message = "default_source has up to 128 letters, digits and . _ / - and does not begin with aws., such as parcels.intake; got \"${var.default_source}\"."
  }
}

variable "scenarios_dir" {
  description = "Folder of the scenarios, one JSON file each; null for the module's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource, beside `presso:tenant` and `presso:unit`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tenant" {
  description = "The tenant on whose bus the player replays: the output `tenant` of the module `tenant`."
  type = object({
    name       = string
    region     = string
    account_id = string
    bus_name   = string
    bus_arn    = string
  })
  nullable = false
}
