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
method        = "PUT"
rate_limit    = 2
endpoint      = "https://example.com/orders/*"
path_values   = ["$.detail.orderId"]
headers       = { Content-Type = "application/json" }
retry         = { maximum_retry_attempts = 3 }
pattern       = { detail-type = ["OrderManager.OrderCompleted"] }
authorization = { basic = { username = "presso", password = "s3cret" } }
input = {
  paths    = { order = "$.detail.orderId" }
  template = "{\"order\": <order>}"
}
