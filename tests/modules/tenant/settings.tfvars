archive_days = 0
log_days     = 90
name         = "nyc"
region       = "us-east-1"
tags = {
  team = "bar"
}
