context = {
  tenant       = "nyc"
  region       = "us-east-1"
  account_id   = "111111111111"
  bus_name     = "nyc"
  bus_arn      = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
  prefix       = "nyc--daily-digest--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--daily-digest--boundary"
  event_source = "serverlesspresso.extension.daily-digest"
  tags = {
    "presso:extension" = "daily-digest"
    "presso:tenant"    = "nyc"
  }
}
name       = "nightly"
expression = "rate(1 hour)"
input      = "now"
starts     = "arn:aws:lambda:us-east-1:111111111111:function:nyc--daily-digest--digest"
