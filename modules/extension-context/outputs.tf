output "context" {
  description = "Values for the extension; the `context` variable of its module and of building blocks."
  value = {
    tenant     = var.tenant.name
    region     = var.tenant.region
    account_id = var.tenant.account_id
    bus_name   = var.tenant.bus_name
    bus_arn    = var.tenant.bus_arn
    # Written out, so that a plan shows the boundary of every role before the
    # policy exists; depends_on keeps the order.
    boundary_arn = "${local.arn}:iam::${var.tenant.account_id}:policy/${local.prefix}boundary"
    event_source = local.event_source
    prefix       = local.prefix
    tags         = local.tags
  }
  depends_on = [aws_iam_policy.default]
}
