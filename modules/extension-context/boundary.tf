# The boundary denies everything else to every role of the extension, regardless of what
# the role's own policies allow. No statement may use NotAction or NotResource,
# and a resource is "*" only where AWS knows no other and a condition or the
# action itself keeps it harmless.
locals {
  arn     = "arn:${data.aws_partition.current.partition}"
  here    = "${var.tenant.region}:${var.tenant.account_id}"
  rules   = "rule/${var.tenant.bus_name}/${local.prefix}*"
  metrics = "presso/${var.tenant.name}/${var.extension}"

  # Actions on what bears the extension's prefix.
  own = {
    dynamodb = {
      actions   = ["BatchGet*", "BatchWrite*", "ConditionCheckItem", "DeleteItem", "Describe*", "GetItem", "GetRecords", "GetShardIterator", "ListStreams", "PartiQL*", "PutItem", "Query", "Scan", "UpdateItem"]
      resources = ["table/${local.prefix}*"]
    }
    events = {
      actions   = ["DescribeRule", "DisableRule", "EnableRule", "InvokeApiDestination", "RetrieveConnectionCredentials"]
      resources = [local.rules, "api-destination/${local.prefix}*", "connection/${local.prefix}*"]
    }
    lambda = {
      actions   = ["GetFunction*", "Invoke*"]
      resources = ["function:${local.prefix}*"]
    }
    logs = {
      actions   = ["CreateLogStream", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "PutLogEvents", "StartQuery"]
      resources = ["log-group:/aws/lambda/${local.prefix}*", "log-group:/aws/vendedlogs/states/${local.prefix}*", "log-group:${local.prefix}*"]
    }
    scheduler = {
      actions   = ["DeleteSchedule", "GetSchedule"]
      resources = ["schedule/${local.prefix}*", "schedule/default/${local.prefix}*"]
    }
    secretsmanager = {
      actions   = ["DescribeSecret", "GetSecretValue", "PutSecretValue"]
      resources = ["secret:${local.prefix}*", "secret:events!connection/${local.prefix}*"]
    }
    sns = {
      actions   = ["Publish"]
      resources = ["${local.prefix}*"]
    }
    sqs = {
      actions   = ["*Message", "*Messages", "ChangeMessageVisibility*", "GetQueue*"]
      resources = ["${local.prefix}*"]
    }
    ssm = {
      actions   = ["DeleteParameter*", "GetParameter*", "PutParameter"]
      resources = ["parameter/${local.prefix}*"]
    }
    states = {
      actions   = ["Describe*", "GetExecutionHistory", "InvokeHTTPEndpoint", "ListExecutions", "RedriveExecution", "SendTask*", "StartExecution", "StartSyncExecution", "StopExecution"]
      resources = ["execution:${local.prefix}*", "express:${local.prefix}*", "stateMachine:${local.prefix}*"]
    }
  }

  boundary = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for service, allowed in local.own : {
          Sid      = service
          Effect   = "Allow"
          Action   = [for action in allowed.actions : "${service}:${action}"]
          Resource = [for resource in allowed.resources : "${local.arn}:${service}:${local.here}:${resource}"]
        }
      ],
      [
        {
          Sid      = "s3"
          Effect   = "Allow"
          Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject*", "s3:GetBucketLocation", "s3:GetObject*", "s3:ListBucket*", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"]
          Resource = ["${local.arn}:s3:::${local.prefix}*"]
          # A bucket's ARN names neither account nor region: another account
          # may own a bucket with such a name.
          Condition = { StringEquals = { "aws:ResourceAccount" = var.tenant.account_id } }
        },
        {
          Sid      = "emit"
          Effect   = "Allow"
          Action   = ["events:PutEvents"]
          Resource = [var.tenant.bus_arn]
          # Each entry of a call has a source: all of them must be the
          # extension's own, and a call without any is none.
          Condition = {
            "ForAllValues:StringEquals" = { "events:source" = local.event_source }
            Null                        = { "events:source" = "false" }
          }
        },
        {
          Sid       = "metrics"
          Effect    = "Allow"
          Action    = ["cloudwatch:PutMetricData"]
          Resource  = ["*"]
          Condition = { StringEquals = { "cloudwatch:namespace" = local.metrics } }
        },
        {
          Sid      = "keys"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey*"]
          Resource = ["${local.arn}:kms:${local.here}:key/*"]
          # Only on the way to something that the statements above allow.
          Condition = { StringLike = { "kms:ViaService" = "*.${var.tenant.region}.${data.aws_partition.current.dns_suffix}" } }
        },
        {
          # How Step Functions lets a workflow write its log. There is no
          # principal's own request for these: only AWS's services make them.
          Sid      = "deliveries"
          Effect   = "Allow"
          Action   = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:UpdateLogDelivery"]
          Resource = ["*"]
        },
        {
          Sid      = "traces"
          Effect   = "Allow"
          Action   = ["xray:GetSampling*", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
      ],
    )
  })
}
