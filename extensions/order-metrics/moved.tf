# Keeps the table of an earlier apply, and its items.
moved {
  from = aws_dynamodb_table.default
  to   = module.counters.aws_dynamodb_table.default
}
