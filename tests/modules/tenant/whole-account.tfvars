name      = "nyc"
deployers = ["arn:aws:iam::111111111111:root"]
