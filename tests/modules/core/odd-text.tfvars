tenant = {
  name       = "nyc"
  region     = "us-east-1"
  account_id = "111111111111"
  bus_name   = "nyc"
  bus_arn    = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
}
settings = { menu = [{ drink = "Tea\n" }] }
