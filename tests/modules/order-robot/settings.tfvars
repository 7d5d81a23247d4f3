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
barista        = "2842daf6-2656-4690-ad3e-06e4efc9bfa1"
cancel_percent = 0
seconds        = { work = { min = 1, max = 2 } }
users          = ["one", "two"]
