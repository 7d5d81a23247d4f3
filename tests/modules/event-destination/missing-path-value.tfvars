context = {
  tenant       = "nyc"
  region       = "us-east-1"
  account_id   = "111111111111"
  bus_name     = "nyc"
  bus_arn      = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
  prefix       = "nyc--feedback--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--feedback--boundary"
  event_source = "serverlesspresso.extension.feedback"
  tags = {
    "presso:extension" = "feedback"
    "presso:tenant"    = "nyc"
  }
}
name          = "survey"
endpoint      = "https://example.com/orders/*"
pattern       = { detail-type = ["OrderManager.OrderCompleted"] }
authorization = { api_key = { header = "x-api-key", value = "s3cret" } }
