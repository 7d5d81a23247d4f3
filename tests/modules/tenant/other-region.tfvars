name   = "nyc"
region = "eu-west-1"
