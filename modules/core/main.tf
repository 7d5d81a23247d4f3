# The coffee bar: services that talk only by events on the tenant's bus. Each has
# a folder with all that it owns, and none knows another's table or function; the
# API routes requests to those that answer them. Their code is in functions/.
module "config" {
  source    = "./config"
  context   = local.context
  time_zone = var.settings.time_zone
  first = {
    hours            = var.settings.hours
    languages        = var.settings.languages
    menu             = local.menu
    drinksPerBarcode = var.settings.drinks_per_code
    maxOrdersPerUser = var.settings.orders_per_user
    maxOrdersInQueue = var.settings.orders_in_queue
    maxOrdersRunning = var.settings.orders_running
    customerSeconds  = var.settings.customer_seconds
    baristaSeconds   = var.settings.barista_seconds
  }
}

module "validator" {
  source  = "./validator"
  context = local.context
}

module "processor" {
  source    = "./processor"
  context   = local.context
  time_zone = var.settings.time_zone
}

module "manager" {
  source       = "./manager"
  context      = local.context
  workflow_arn = module.processor.workflow_arn
}

module "journey" {
  source  = "./journey"
  context = local.context
}

module "publisher" {
  source  = "./publisher"
  context = local.context
}

module "metrics" {
  source       = "./metrics"
  context      = local.context
  api_id       = module.api.api.id
  time_zone    = var.settings.time_zone
  workflow_arn = module.processor.workflow_arn
  dead_letters = [
    for name in ["config", "hours", "journey", "manager", "metrics", "order", "processor", "publisher", "reconcile", "signup", "staff", "validator"] :
    "${local.prefix}${name}--dead-letters"
  ]
}

module "pages" {
  for_each  = var.pages == null ? {} : { default = var.pages }
  source    = "./pages"
  context   = local.context
  built     = each.value
  client_id = module.api.users.client_id
  sockets   = module.publisher.sockets
}

module "api" {
  source  = "./api"
  context = local.context
  pages   = one(values(module.pages))
  services = {
    config    = module.config.function
    journey   = module.journey.function
    manager   = module.manager.function
    metrics   = module.metrics.function
    publisher = module.publisher.function
    validator = module.validator.function
  }
}

locals {
  usual = {
    "Americano"   = {}
    "Flat White"  = {}
    "Cappuccino"  = {}
    "Caffe Latte" = { Milk = ["Regular", "Oat"] }
    "Espresso"    = {}
  }
  listed = coalesce(var.settings.menu, [
    for drink in ["Americano", "Flat White", "Cappuccino", "Caffe Latte", "Espresso"] : {
      drink     = drink
      icon      = null
      available = true
      modifiers = [for name, options in local.usual[drink] : { name = name, options = options }]
    }
  ])
  menu = [
    for drink in local.listed : {
      drink     = drink.drink
      icon      = coalesce(drink.icon, replace(lower(drink.drink), " ", "-"))
      available = drink.available
      modifiers = drink.modifiers
    }
  ]
}
