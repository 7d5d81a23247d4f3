context = {
  tenant       = "nyc"
  region       = "us-east-1"
  account_id   = "111111111111"
  bus_name     = "nyc"
  bus_arn      = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
  prefix       = "nyc--order-metrics--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--order-metrics--boundary"
  event_source = "serverlesspresso.extension.order-metrics"
  tags = {
    "presso:extension" = "order-metrics"
    "presso:tenant"    = "nyc"
  }
}
name = "Times"
