# Serves the built pages under the API's own address: pages and API share one
# origin. An HTTP API neither serves files nor compresses, so a function does both.
data "aws_partition" "current" {}

locals {
  suffix = data.aws_partition.current.dns_suffix
}

module "function" {
  source      = "../../event-function"
  context     = var.context
  name        = "pages"
  description = "Serves the pages of guests, baristas, displays and admins"
  source_dir  = var.built
  handler     = "pages.handler"
  environment = {
    CLIENT  = var.client_id
    SOCKETS = var.sockets
    TENANT  = var.context.tenant
    USERS   = "https://cognito-idp.${var.context.region}.${local.suffix}/"
  }
}
