resource "aws_dynamodb_table" "default" {
  name         = "${var.context.prefix}${var.name}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = var.hash_key.name
  range_key    = try(var.range_key.name, null)
  tags         = var.context.tags

  dynamic "attribute" {
    for_each = { for key in [var.hash_key, var.range_key] : key.name => key.type if key != null }
    content {
      name = attribute.key
      type = attribute.value
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  # Without a key of its own, a table is encrypted with one that AWS owns.
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn == null ? {} : { default = var.kms_key_arn }
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute == null ? {} : { default = var.ttl_attribute }
    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }
}

locals {
  # What a transaction checks is read as well.
  actions = {
    delete = ["dynamodb:DeleteItem"]
    read   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
    write  = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
  }
}
