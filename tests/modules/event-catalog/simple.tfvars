tenant = {
  name       = "nyc"
  region     = "us-east-1"
  account_id = "111111111111"
  bus_name   = "nyc"
  bus_arn    = "arn:aws:events:us-east-1:111111111111:event-bus/nyc"
}
schemas = {
  "awsserverlessda.serverlesspresso@OrderManager.MakeOrder" = {
    description = "A barista claims an order."
    content     = "{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"MakeOrder\", \"version\": \"1.0.0\"}, \"paths\": {}}"
  }
  "serverlesspresso.extension.wait-times@OrderManager.DrinkAverageTime" = {
    type    = "JSONSchemaDraft4"
    content = "{\"type\": \"object\"}"
  }
}
