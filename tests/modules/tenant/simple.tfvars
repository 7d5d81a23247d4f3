name = "nyc"
