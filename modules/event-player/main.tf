data "aws_partition" "current" {}

locals {
  name      = "${var.tenant.name}--player"
  partition = data.aws_partition.current.partition
  # Bucket names are global.
  bucket = "${local.name}-${var.tenant.account_id}-${var.tenant.region}"
  tags = merge(var.tags, {
    "presso:tenant" = var.tenant.name
    "presso:unit"   = "platform"
  })
}

resource "aws_iam_role" "default" {
  name        = local.name
  description = "What the player of the tenant ${var.tenant.name} may do"
  tags        = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.tenant.account_id }
          ArnEquals = {
            "aws:SourceArn" = "arn:${local.partition}:states:${var.tenant.region}:${var.tenant.account_id}:stateMachine:${local.name}"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "default" {
  name = "player"
  role = aws_iam_role.default.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "PutEventsOnOwnBus"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = var.tenant.bus_arn
      },
      {
        Sid      = "ReadOwnScenarios"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "arn:${local.partition}:s3:::${local.bucket}/*"
      },
    ]
  })
}

resource "aws_sfn_state_machine" "default" {
  name       = local.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.default.arn
  tags       = local.tags
  definition = jsonencode(local.definition)

  lifecycle {
    precondition {
      condition     = length(local.files) > 0
      error_message = "There is no scenario (*.json) in ${local.folder}."
    }
    precondition {
      condition     = alltrue([for name in keys(local.files) : can(regex("^[a-z](-?[a-z0-9])*$", name)) && length(name) <= 40])
      error_message = "A scenario's file name has at most 40 lower-case letters, digits and single hyphens, such as quarter-hour.json; got ${join(", ", keys(local.files))}."
    }
    precondition {
      condition     = alltrue([for scenario in local.decoded : length(scenario.events) > 0])
      error_message = "A scenario has at least one event; got none in ${join(", ", [for name, scenario in local.decoded : name if length(scenario.events) == 0])}."
    }
    precondition {
      condition     = alltrue([for bytes in local.largest : bytes < 220000])
      error_message = "The player reads ${local.block_rows} events at a time, which may have 220000 bytes together: there are more in ${join(", ", [for name, bytes in local.largest : name if bytes >= 220000])}."
    }
    precondition {
      condition     = alltrue([for history in local.history : history <= 25000])
      error_message = "An execution's history holds 25000 entries, and a replay would have up to ${join(", ", [for name, history in local.history : "${history} in ${name}" if history > 25000])}: make the scenario shorter."
    }
    precondition {
      condition = alltrue([
        for name, scenario in local.decoded :
        alltrue([for event in scenario.events : event.at >= 0 && floor(event.at) == event.at])
      ])
      error_message = "An event is due at whole seconds from the scenario's start (\"at\"): Step Functions waits by the second."
    }
  }

  # The first replay may come at once.
  depends_on = [aws_iam_role_policy.default, aws_s3_object.default]
}
