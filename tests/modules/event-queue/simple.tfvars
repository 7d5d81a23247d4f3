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
name    = "orders"
pattern = { detail-type = ["OrderManager.OrderCompleted"] }
