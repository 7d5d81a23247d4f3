data "aws_partition" "current" {}

locals {
  name      = "${var.tenant.name}--player"
  partition = data.aws_partition.current.partition
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
      condition     = length(local.scenarios) > 0
      error_message = "There is no scenario (*.json) in ${local.folder}."
    }
    precondition {
      condition     = alltrue([for name in keys(local.scenarios) : can(regex("^[a-z](-?[a-z0-9])*$", name)) && length(name) <= 40])
      error_message = "A scenario's file is called by at most 40 lower-case letters, digits and single hyphens, such as quarter-hour.json; got ${join(", ", keys(local.scenarios))}."
    }
    # A call is nine events of an execution's history, which holds 25,000.
    precondition {
      condition     = alltrue([for rows in local.rows : length(rows) > 0 && length(rows) <= 2500])
      error_message = "A scenario has from 1 to 2500 events; got ${join(", ", [for name, rows in local.rows : "${name}: ${length(rows)}"])}."
    }
    precondition {
      condition     = alltrue(flatten([for rows in local.rows : [for row in rows : row.at >= 0 && floor(row.at) == row.at]]))
      error_message = "An event is due at whole seconds from the scenario's start (\"at\"): Step Functions waits by the second."
    }
    precondition {
      condition     = alltrue(flatten([for rows in local.rows : [for row in rows : length(jsonencode(row)) <= 4096]]))
      error_message = "An event may have at most 4096 bytes: ${local.part_size} of them travel through the player at once, within 256 KiB."
    }
    # A request to Step Functions has at most 1 MB, with the definition as text in it.
    precondition {
      condition     = length(jsonencode(jsonencode(local.definition))) < 1000000
      error_message = "The scenarios together make a definition of ${length(jsonencode(jsonencode(local.definition)))} bytes, Step Functions takes 1000000: keep fewer or shorter ones in ${local.folder}."
    }
  }

  # The first replay may come at once.
  depends_on = [aws_iam_role_policy.default]
}
