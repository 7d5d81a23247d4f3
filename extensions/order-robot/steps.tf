# What the two workflows have in common.
locals {
  partition  = data.aws_partition.current.partition
  put_events = "arn:${local.partition}:states:::events:putEvents"

  # An event that comes twice starts two executions: only the first to write the
  # claim goes on. `execution` lets it go on too when the answer got lost.
  claim = {
    for who, first in { customer = "Think", barista = "Notice" } : who => {
      Claim = {
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::dynamodb:putItem"
        Arguments = {
          TableName = aws_dynamodb_table.default.name
          Item = {
            pk        = { S = "{% '${who}#' & $states.input.detail.orderId %}" }
            execution = { S = "{% $states.context.Execution.Id %}" }
            expires   = { N = "{% $string($floor($millis() / 1000) + ${2 * 86400}) %}" }
          }
          ConditionExpression       = "attribute_not_exists(pk) OR execution = :execution"
          ExpressionAttributeValues = { ":execution" = { S = "{% $states.context.Execution.Id %}" } }
        }
        Assign = { order = "{% $states.input.detail %}" }
        Retry  = local.retry
        Catch = [
          {
            ErrorEquals = ["DynamoDB.ConditionalCheckFailedException"]
            Next        = "Done"
          },
        ]
        Next = first
      }
    }
  }

  wait = {
    for what, seconds in var.seconds : what => {
      Type    = "Wait"
      Seconds = "{% $floor($random() * ${seconds.max - seconds.min + 1}) + ${seconds.min} %}"
    }
  }

  retry = [
    # Those are as wrong a second later: a copy, and an event without an order.
    {
      ErrorEquals = ["DynamoDB.ConditionalCheckFailedException", "States.QueryEvaluationError"]
      MaxAttempts = 0
    },
    {
      ErrorEquals     = ["States.TaskFailed"]
      IntervalSeconds = 1
      BackoffRate     = 2
      MaxAttempts     = 6
      JitterStrategy  = "FULL"
    },
  ]
}

data "aws_partition" "current" {}
