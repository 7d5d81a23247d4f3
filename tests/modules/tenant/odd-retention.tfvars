log_days = 8
name     = "nyc"
