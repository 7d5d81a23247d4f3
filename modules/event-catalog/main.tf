locals {
  tags = merge(var.tags, {
    "presso:tenant" = var.tenant.name
    "presso:unit"   = "platform"
  })
}

resource "aws_schemas_registry" "default" {
  name        = var.tenant.name
  description = "Events of the tenant ${var.tenant.name}"
  tags        = local.tags
}

resource "aws_schemas_schema" "default" {
  for_each      = var.schemas
  name          = each.key
  registry_name = aws_schemas_registry.default.name
  description   = each.value.description
  type          = each.value.type
  content       = each.value.content
  tags          = local.tags
}

resource "aws_schemas_discoverer" "default" {
  for_each    = var.discovery ? { default = var.tenant.bus_arn } : {}
  source_arn  = each.value
  description = "Schemas of what is seen on the bus of the tenant ${var.tenant.name}"
  tags        = local.tags
}
