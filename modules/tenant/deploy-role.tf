# The role that presso applies extensions through. A session of it is for one
# extension, named by its tag `extension`; without the tag it allows nothing.
# It may make, change and delete what bears that extension's prefix, and
# nothing else: not the tenant's own things, not a neighbour's.
resource "aws_iam_role" "deploy" {
  for_each             = local.deploy
  name                 = "${local.prefix}deploy"
  description          = "Applies extensions in the tenant ${var.name}, one in a session"
  max_session_duration = 3600
  tags                 = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OneExtension"
        Effect    = "Allow"
        Principal = { AWS = sort(var.deployers) }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          StringLike                  = { "aws:RequestTag/extension" = "?*" }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = "extension" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "deploy" {
  for_each = aws_iam_role.deploy
  name     = "one-extension"
  role     = each.value.name
  policy   = local.deploy_policy

  lifecycle {
    precondition {
      condition     = length(local.deploy_policy) <= 10240
      error_message = "The deploy role's policy has ${length(local.deploy_policy)} characters, IAM allows 10240 on a role: shorten the tenant's name."
    }
  }
}

locals {
  deploy = length(var.deployers) == 0 ? {} : { deploy = "deploy" }
  arn    = "arn:${data.aws_partition.current.partition}"
  here   = "${data.aws_region.current.region}:${local.account_id}"

  # A policy variable of IAM: the name comes with the session.
  session_extension = "$${aws:PrincipalTag/extension}"
  own               = "${local.prefix}${local.session_extension}--"
  own_boundary      = "${local.arn}:iam::${local.account_id}:policy/${local.own}boundary"

  # What Terraform does with the types that an extension may use, on what bears
  # its prefix. A name follows right after a colon or a slash: another prefix
  # may end like this one.
  deployed = {
    cloudwatch = {
      actions   = ["DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource"]
      resources = ["alarm:${local.own}*"]
    }
    dynamodb = {
      actions   = ["CreateTable", "DeleteItem", "DeleteTable", "Describe*", "GetItem", "ListTagsOfResource", "PutItem", "TagResource", "UntagResource", "UpdateContinuousBackups", "UpdateItem", "UpdateTable", "UpdateTimeToLive"]
      resources = ["table/${local.own}*"]
    }
    events = {
      actions   = ["*ApiDestination", "*Connection", "*Resource", "*Rule", "*Targets"]
      resources = ["api-destination/${local.own}*", "connection/${local.own}*", "rule/${var.name}/${local.own}*"]
    }
    lambda = {
      actions   = ["Add*", "Create*", "Delete*", "Get*", "List*", "Publish*", "Put*", "Remove*", "TagResource", "UntagResource", "Update*"]
      resources = ["function:${local.own}*", "layer:${local.own}*"]
    }
    logs = {
      actions   = ["*KmsKey", "*LogGroup", "*MetricFilter", "*MetricFilters", "*Resource", "*ResourcePolicy", "*RetentionPolicy"]
      resources = ["log-group:${local.own}*", "log-group:/aws/lambda/${local.own}*", "log-group:/aws/vendedlogs/states/${local.own}*"]
    }
    pipes = {
      actions   = ["*Pipe", "*Resource"]
      resources = ["pipe/${local.own}*"]
    }
    scheduler = {
      actions   = ["*Resource", "*Schedule", "*ScheduleGroup"]
      resources = ["schedule-group/${local.own}*", "schedule/${local.own}*", "schedule/default/${local.own}*"]
    }
    secretsmanager = {
      actions   = ["*Resource", "*ResourcePolicy", "*Secret", "*SecretValue", "*SecretVersionStage"]
      resources = ["secret:${local.own}*", "secret:events!connection/${local.own}*"]
    }
    sns = {
      actions   = ["*Permission", "*Resource", "*Topic", "*TopicAttributes", "ListSubscriptionsByTopic", "Subscribe"]
      resources = ["${local.own}*"]
    }
    sqs = {
      actions   = ["*Permission", "*Queue", "*QueueAttributes", "*QueueTags", "*QueueUrl"]
      resources = ["${local.own}*"]
    }
    ssm = {
      actions   = ["*Parameter", "*ParameterHistory", "*Parameters", "*Resource"]
      resources = ["parameter/${local.own}*"]
    }
    states = {
      actions   = ["*Resource", "*StateMachine", "*StateMachineAlias", "*StateMachineAliases", "*StateMachineVersion", "*StateMachineVersions"]
      resources = ["stateMachine:${local.own}*"]
    }
  }

  deploy_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for service, allowed in local.deployed : {
          Sid      = service
          Effect   = "Allow"
          Action   = [for action in allowed.actions : "${service}:${action}"]
          Resource = [for resource in allowed.resources : "${local.arn}:${service}:${local.here}:${resource}"]
        }
      ],
      local.deploy_iam,
      local.deploy_others,
    )
  })

  deploy_iam = [
    {
      Sid      = "roles"
      Effect   = "Allow"
      Action   = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:Get*", "iam:List*", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole*"]
      Resource = ["${local.arn}:iam::${local.account_id}:role/${local.own}*"]
    },
    {
      # With a neighbour's boundary a role could act as the neighbour.
      Sid       = "rolesWithBoundary"
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      Resource  = ["${local.arn}:iam::${local.account_id}:role/${local.own}*"]
      Condition = { StringEquals = { "iam:PermissionsBoundary" = local.own_boundary } }
    },
    {
      Sid      = "passRoles"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = ["${local.arn}:iam::${local.account_id}:role/${local.own}*"]
      Condition = {
        StringEquals = {
          "iam:PassedToService" = [for service in ["events", "lambda", "pipes", "scheduler", "sns", "states"] : "${service}.amazonaws.com"]
        }
      }
    },
    {
      Sid      = "policies"
      Effect   = "Allow"
      Action   = ["iam:*Policy", "iam:*PolicyTags", "iam:*PolicyVersion", "iam:*PolicyVersions"]
      Resource = ["${local.arn}:iam::${local.account_id}:policy/${local.own}*"]
    },
    {
      # A boundary is written by the platform alone. The second * catches a
      # policy of that name in a path.
      Sid      = "boundaries"
      Effect   = "Deny"
      Action   = ["iam:Create*", "iam:Delete*", "iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"]
      Resource = ["${local.arn}:iam::${local.account_id}:policy/*boundary"]
    },
  ]

  deploy_others = [
    {
      Sid      = "dashboards"
      Effect   = "Allow"
      Action   = ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"]
      Resource = ["${local.arn}:cloudwatch::${local.account_id}:dashboard/${local.own}*"]
    },
    {
      Sid      = "buckets"
      Effect   = "Allow"
      Action   = ["s3:AbortMultipartUpload", "s3:CreateBucket", "s3:Delete*", "s3:Get*", "s3:List*", "s3:Put*"]
      Resource = ["${local.arn}:s3:::${local.own}*"]
      # A bucket's ARN names no account: another may own one of such a name.
      # A bucket that does not exist (any more) has no owner.
      Condition = { StringEqualsIfExists = { "aws:ResourceAccount" = local.account_id } }
    },
    {
      # A mapping has only a number: its function identifies the owner.
      Sid       = "mappings"
      Effect    = "Allow"
      Action    = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
      Resource  = ["*"]
      Condition = { ArnLike = { "lambda:FunctionArn" = "${local.arn}:lambda:${local.here}:function:${local.own}*" } }
    },
    {
      Sid       = "newKeys"
      Effect    = "Allow"
      Action    = ["kms:CreateKey"]
      Resource  = ["*"]
      Condition = { StringEquals = { "aws:RequestTag/presso:extension" = local.session_extension, "aws:RequestTag/presso:tenant" = var.name } }
    },
    {
      # A key has no name either: its tags identify the owner.
      Sid       = "keys"
      Effect    = "Allow"
      Action    = ["kms:*Alias", "kms:*Grant", "kms:*KeyDeletion", "kms:*KeyPolicy", "kms:*KeyRotation*", "kms:*Resource", "kms:*ResourceTags", "kms:Decrypt", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:UpdateKeyDescription"]
      Resource  = ["${local.arn}:kms:${local.here}:key/*"]
      Condition = { StringEquals = { "aws:ResourceTag/presso:extension" = local.session_extension, "aws:ResourceTag/presso:tenant" = var.name } }
    },
    {
      Sid      = "aliases"
      Effect   = "Allow"
      Action   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
      Resource = ["${local.arn}:kms:${local.here}:alias/${local.own}*"]
    },
    {
      # AWS knows no narrower resource for these. They read; or they are about
      # a subscription or a mapping's tags, which have only a number (a
      # UUID): without listing it cannot be named.
      Sid      = "anywhere"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "kms:ListAliases", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "sns:*SubscriptionAttributes", "sns:Unsubscribe", "ssm:DescribeParameters", "states:ValidateStateMachineDefinition"]
      Resource = ["*"]
    },
    {
      # Also for a deleted one: Terraform waits until AWS reports it.
      Sid      = "mappingsRead"
      Effect   = "Allow"
      Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"]
      Resource = ["${local.arn}:lambda:${local.here}:event-source-mapping:*"]
    },
  ]
}
