tenant = {
  name       = "nyc"
  region     = "us-east-1"
  account_id = "111111111111"
  bus_name   = "nyc"
  bus_arn    = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
}
fence = {
  prefix       = "nyc--order-robot--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--order-robot--boundary"
  event_source = "serverlesspresso.extension.order-robot"
  tags = {
    "presso:extension" = "order-robot"
    "presso:tenant"    = "nyc"
  }
}
cancel_percent = 110
