output "fence" {
  description = "Names, tags and permissions boundary of all resources of the extension; the `fence` variable of its module."
  value = {
    # Written out, so that a plan shows the boundary of every role before the
    # policy exists; depends_on keeps the order.
    boundary_arn = "${local.arn}:iam::${var.tenant.account_id}:policy/${local.prefix}boundary"
    event_source = local.event_source
    prefix       = local.prefix
    tags         = local.tags
  }
  depends_on = [aws_iam_policy.default]
}
