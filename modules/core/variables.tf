variable "pages" {
  description = "Folder with the built pages, which presso builds before it plans; without one the bar has an API alone."
  type        = string
  default     = null
}

variable "settings" {
  description = "What the bar begins with; later changes are made through its API. `core` in tenant.yaml."
  type = object({
    time_zone = optional(string, "UTC")
    menu = optional(list(object({
      drink     = string
      icon      = optional(string)
      available = optional(bool, true)
      modifiers = optional(list(object({ name = string, options = list(string) })), [])
    })))
    hours = optional(list(object({
      days   = list(string)
      opens  = string
      closes = string
    })), [])
    languages        = optional(list(string), ["en"])
    drinks_per_code  = optional(number, 10)
    orders_per_user  = optional(number, 1)
    orders_in_queue  = optional(number, 10)
    orders_running   = optional(number, 20)
    customer_seconds = optional(number, 300)
    barista_seconds  = optional(number, 900)
  })
  default  = {}
  nullable = false
  validation {
    condition     = var.settings.menu == null ? true : length(var.settings.menu) > 0 && length(distinct(var.settings.menu[*].drink)) == length(var.settings.menu)
    error_message = "settings.menu has at least one drink, and each drink once."
  }
  validation {
    condition = var.settings.menu == null ? true : length(var.settings.menu) <= 100 && alltrue([
      for drink in var.settings.menu :
      length(drink.modifiers) <= 10 && alltrue([for modifier in drink.modifiers : length(modifier.options) > 0 && length(modifier.options) <= 20])
      && alltrue([
        for text in concat([drink.drink, coalesce(drink.icon, "icon")], flatten([for modifier in drink.modifiers : [modifier.name, modifier.options]])) :
        can(regex("^[^\\x00-\\x1f\\x7f-\\x{9f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]{1,50}$", text))
      ])
    ])
    error_message = "settings.menu has at most 100 drinks, a drink at most 10 modifiers of 1 to 20 options, and each text 1 to 50 characters, none of them a control character."
  }
  validation {
    condition = length(var.settings.hours) <= 21 && alltrue([
      for span in var.settings.hours :
      length(span.days) > 0 && length(setsubtract(span.days, ["mon", "tue", "wed", "thu", "fri", "sat", "sun"])) == 0
      && alltrue([for time in [span.opens, span.closes] : can(regex("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", time))])
      && parseint(replace(span.opens, ":", ""), 10) < parseint(replace(span.closes, ":", ""), 10)
    ])
    error_message = "Each of settings.hours has days (mon, tue, wed, thu, fri, sat, sun), and opens before closes, such as 09:00 and 17:30."
  }
  validation {
    condition = length(var.settings.languages) > 0 && length(distinct(var.settings.languages)) == length(var.settings.languages) && alltrue([
      for language in var.settings.languages : can(regex("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$", language))
    ])
    error_message = "settings.languages has at least one language, each once, such as en or zh-Hant-TW."
  }
  validation {
    condition = alltrue([
      for name in ["drinks_per_code", "orders_per_user", "orders_in_queue", "orders_running"] :
      var.settings[name] >= 1 && var.settings[name] <= 1000 && floor(var.settings[name]) == var.settings[name]
    ])
    error_message = "drinks_per_code, orders_per_user, orders_in_queue and orders_running are whole numbers from 1 to 1000."
  }
  validation {
    condition = alltrue([
      for name in ["customer_seconds", "barista_seconds"] :
      var.settings[name] >= 1 && var.settings[name] <= 86400 && floor(var.settings[name]) == var.settings[name]
    ])
    error_message = "customer_seconds and barista_seconds are whole numbers from 1 to 86400."
  }
}

variable "tags" {
  description = "Tags of every resource, beside `presso:tenant` and `presso:unit`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tenant" {
  description = "The tenant that the bar is in; the `tenant` output of its module."
  type = object({
    name       = string
    region     = string
    account_id = string
    bus_name   = string
    bus_arn    = string
  })
  nullable = false
}
