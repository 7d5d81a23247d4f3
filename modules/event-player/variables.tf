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
