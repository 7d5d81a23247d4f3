data "aws_partition" "current" {}

locals {
  event_source = "${var.event_source_prefix}${var.extension}"
  prefix       = "${var.tenant.name}--${var.extension}--"
  tags = merge(var.tags, {
    "presso:extension" = var.extension
    "presso:tenant"    = var.tenant.name
  })
}

resource "aws_iam_policy" "default" {
  name        = "${local.prefix}boundary"
  description = "The most that any role of the extension ${var.extension} may do in the tenant ${var.tenant.name}"
  policy      = local.boundary
  tags        = local.tags

  lifecycle {
    precondition {
      condition     = length(local.boundary) <= 6144
      error_message = "The boundary has ${length(local.boundary)} characters, IAM allows 6144: shorten the tenant's or the extension's name."
    }
  }
}
