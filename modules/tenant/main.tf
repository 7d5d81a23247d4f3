data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = var.region == null || self.region == var.region
      error_message = "The tenant ${var.name} is meant for ${coalesce(var.region, "any region")}, but the provider is configured for ${self.region}."
    }
  }
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  # The platform's own things have one segment after the tenant's name, an
  # extension's have two (nyc--orders--table): they can never meet.
  prefix = "${var.name}--"
  tags = merge(var.tags, {
    "presso:tenant" = var.name
    "presso:unit"   = "platform"
  })
}

resource "aws_cloudwatch_event_bus" "default" {
  name        = var.name
  description = "Events of the tenant ${var.name}"
  tags        = local.tags
}

resource "aws_cloudwatch_event_permission" "default" {
  event_bus_name = aws_cloudwatch_event_bus.default.name
  statement_id   = "own-account-only"
  action         = "events:PutEvents"
  principal      = local.account_id
}

resource "aws_cloudwatch_event_archive" "default" {
  name             = "${local.prefix}archive"
  description      = "Every event of the tenant ${var.name}, for a replay"
  event_source_arn = aws_cloudwatch_event_bus.default.arn
  retention_days   = var.archive_days
}
