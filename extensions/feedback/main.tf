module "ask" {
  source     = "../../modules/event-destination"
  context    = var.context
  name       = "ask"
  endpoint   = var.url
  rate_limit = var.rate_limit
  headers    = { Content-Type = "application/json" }
  authorization = {
    api_key = { header = var.key_header, value = var.key }
  }
  pattern = {
    source      = ["awsserverlessda.serverlesspresso"]
    detail-type = ["OrderManager.OrderCompleted"]
    # A robot has no opinion.
    detail = { userId = [{ anything-but = "robot" }] }
  }
  input = {
    paths = {
      bar   = "$.detail.eventId"
      event = "$.id"
      guest = "$.detail.userId"
      order = "$.detail.orderId"
      time  = "$.time"
    }
    template = "{\"id\": <event>, \"time\": <time>, \"bar\": <bar>, \"guest\": <guest>, \"order\": <order>}"
  }
  # A guest who is asked an hour later has forgotten the coffee.
  retry = { maximum_event_age_in_seconds = 3600 }
}
