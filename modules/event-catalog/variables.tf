variable "discovery" {
  description = "Whether EventBridge also infers schemas from the events on the bus; they go to the account's registry `discovered-schemas`, and are billed by the event."
  type        = bool
  default     = false
  nullable    = false
}

variable "schemas" {
  description = "Schemas by their names in the registry, `<source>@<detail-type>` as EventBridge itself names them; `content` is JSON text in the language of `type`, OpenApi3 or JSONSchemaDraft4."
  type = map(object({
    content     = string
    description = optional(string, "")
    type        = optional(string, "OpenApi3")
  }))
  default  = {}
  nullable = false
  validation {
    condition     = alltrue([for name in keys(var.schemas) : can(regex("^[0-9A-Za-z_.@-]{1,385}$", name))])
    error_message = "A schema's name has at most 385 letters, digits and . - _ @, such as awsserverlessda.serverlesspresso@OrderManager.MakeOrder; got ${join(", ", [for name in keys(var.schemas) : "\"${name}\"" if !can(regex("^[0-9A-Za-z_.@-]{1,385}$", name))])}."
  }
  validation {
    condition     = alltrue([for schema in values(var.schemas) : contains(["OpenApi3", "JSONSchemaDraft4"], schema.type)])
    error_message = "A schema's type is OpenApi3 or JSONSchemaDraft4; got ${join(", ", [for name, schema in var.schemas : "${schema.type} for ${name}" if !contains(["OpenApi3", "JSONSchemaDraft4"], schema.type)])}."
  }
  validation {
    condition     = alltrue([for schema in values(var.schemas) : can(keys(jsondecode(schema.content)))])
    error_message = "A schema's content is a JSON object, as text: use jsonencode() or file(). It is not for ${join(", ", [for name, schema in var.schemas : name if !can(keys(jsondecode(schema.content)))])}."
  }
  validation {
    condition     = alltrue([for schema in values(var.schemas) : length(schema.content) <= 100000])
    error_message = "EventBridge keeps schemas of at most 100000 characters; longer: ${join(", ", [for name, schema in var.schemas : "${name} (${length(schema.content)})" if length(schema.content) > 100000])}."
  }
  validation {
    condition     = alltrue([for schema in values(var.schemas) : length(schema.description) <= 256])
    error_message = "A schema's description has at most 256 characters; longer: ${join(", ", [for name, schema in var.schemas : "${name} (${length(schema.description)})" if length(schema.description) > 256])}."
  }
}

variable "tags" {
  description = "Tags of every resource, beside `presso:tenant` and `presso:unit`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tenant" {
  description = "The tenant whose events they are: the output `tenant` of the module `tenant`."
  type = object({
    name       = string
    region     = string
    account_id = string
    bus_name   = string
    bus_arn    = string
  })
  nullable = false
}
