name      = "nyc"
deployers = ["arn:aws:iam::111111111111:role/ci", "arn:aws:iam::111111111111:role/ci"]
