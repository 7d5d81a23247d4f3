locals {
  default_scenario = try(
    contains(keys(local.files), "quarter-hour") ? "quarter-hour" : keys(local.files)[0],
    ""
  )

  definition = yamldecode(templatefile("${path.module}/player.asl.yaml", {
    bucket           = local.bucket
    bus              = var.tenant.bus_name
    default_source   = var.default_source
    default_scenario = local.default_scenario
    partition        = local.partition
    ranges           = local.ranges
    tenant           = var.tenant.name
  }))
}
