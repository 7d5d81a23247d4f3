name      = "summit-new-york-2026"
deployers = ["arn:aws:iam::111111111111:role/ci"]
