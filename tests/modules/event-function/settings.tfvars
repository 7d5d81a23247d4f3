context = {
  tenant       = "nyc"
  region       = "us-east-1"
  account_id   = "111111111111"
  bus_name     = "nyc"
  bus_arn      = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
  prefix       = "nyc--low-stock--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--low-stock--boundary"
  event_source = "serverlesspresso.extension.low-stock"
  tags = {
    "presso:extension" = "low-stock"
    "presso:tenant"    = "nyc"
  }
}
name       = "count"
source_dir = "../../extensions/order-metrics/src"
queue = {
  arn                     = "arn:aws:sqs:us-east-1:111111111111:nyc--low-stock--orders"
  batch_size              = 100
  batching_window_seconds = 5
  maximum_concurrency     = 4
}
architecture    = "x86_64"
description     = "Counts"
environment     = { TABLE = "counters" }
handler         = "main.run"
log_days        = 30
memory_mb       = 512
runtime         = "nodejs22.x"
timeout_seconds = 10
policy_statements = {
  Publish = {
    actions    = ["sns:Publish"]
    resources  = ["arn:aws:sns:us-east-1:111111111111:nyc--low-stock--alerts"]
    conditions = { StringEquals = { "aws:RequestedRegion" = ["us-east-1"] } }
  }
}
