context = {
  tenant       = "nyc"
  region       = "us-east-1"
  account_id   = "111111111111"
  bus_name     = "nyc"
  bus_arn      = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
  prefix       = "nyc--wait-times--"
  boundary_arn = "arn:aws:iam::111111111111:policy/nyc--wait-times--boundary"
  event_source = "serverlesspresso.extension.wait-times"
  tags = {
    "presso:extension" = "wait-times"
    "presso:tenant"    = "nyc"
  }
}
name       = "average"
definition = { StartAt = "Done", States = {} }
policy_statements = {
  "query averages" = { actions = ["dynamodb:Query"], resources = ["*"] }
}
