tenant = {
  name       = "nyc"
  region     = "us-east-1"
  account_id = "111111111111"
  bus_name   = "nyc"
  bus_arn    = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
}
settings = {
  time_zone        = "America/New_York"
  menu             = [{ drink = "Cold Brew", modifiers = [{ name = "Ice", options = ["Yes", "No"] }] }]
  hours            = [{ days = ["fri", "sat"], opens = "09:00", closes = "17:30" }]
  languages        = ["en", "de"]
  drinks_per_code  = 3
  customer_seconds = 60
}
