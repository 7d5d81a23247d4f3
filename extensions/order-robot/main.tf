locals {
  core = "awsserverlessda.serverlesspresso"
}

module "customer" {
  source     = "../../modules/event-workflow"
  tenant     = var.tenant
  fence      = var.fence
  name       = "customer"
  definition = local.customer
  pattern = {
    source      = [local.core]
    detail-type = ["OrderProcessor.WorkflowStarted"]
    detail      = { userId = var.users }
  }
  policy_statements = local.statements
}

module "barista" {
  source     = "../../modules/event-workflow"
  tenant     = var.tenant
  fence      = var.fence
  name       = "barista"
  definition = local.barista
  pattern = {
    source      = [local.core]
    detail-type = ["OrderManager.WaitingCompletion"]
    detail      = { robot = [true] }
  }
  policy_statements = local.statements
}

locals {
  statements = {
    Claim = {
      actions   = ["dynamodb:PutItem"]
      resources = [aws_dynamodb_table.default.arn]
    }
    Act = {
      actions    = ["events:PutEvents"]
      resources  = [var.tenant.bus_arn]
      conditions = { StringEquals = { "events:source" = [var.fence.event_source] } }
    }
  }
}

resource "aws_dynamodb_table" "default" {
  name         = "${var.fence.prefix}claims"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  tags         = var.fence.tags

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
