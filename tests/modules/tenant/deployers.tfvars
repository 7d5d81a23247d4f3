name = "nyc"
deployers = [
  "arn:aws:iam::111111111111:role/ci",
  "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Bar_1234567890abcdef",
]
