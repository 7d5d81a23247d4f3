extension = "abcdefghijklmnopqrst"
tenant = {
  name       = "abcdefghijklmnopqrst"
  region     = "ap-southeast-1"
  account_id = "111111111111"
  bus_name   = "abcdefghijklmnopqrst"
  bus_arn    = "arn:aws:events:ap-southeast-1:111111111111:event-bus/abcdefghijklmnopqrst"
}
