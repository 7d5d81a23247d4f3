output "arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.default.arn
}

output "name" {
  description = "The table's name."
  value       = aws_dynamodb_table.default.name
}

output "statements" {
  description = "Statements for `policy_statements` of a function or workflow: `read`, `write` (put and update items) and `delete`; `decrypt` with `kms_key_arn`."
  value = merge(
    {
      for access, actions in local.actions : access => {
        actions   = actions
        resources = [aws_dynamodb_table.default.arn]
      }
    },
    var.kms_key_arn == null ? {} : {
      decrypt = {
        actions   = ["kms:Decrypt"]
        resources = [var.kms_key_arn]
      }
    },
  )
}
