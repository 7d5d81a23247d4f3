# The first event of an order to come leaves a note of what it knows. The second
# one, whichever that is, finds both, and then the order has a waiting time.
locals {
  definition = {
    Comment       = "The average of a drink's last ${var.orders} waiting times"
    QueryLanguage = "JSONata"
    StartAt       = "Which event"
    States = {
      "Which event" = {
        Type = "Choice"
        Choices = [
          {
            Condition = "{% $states.input.'detail-type' = 'OrderManager.WaitingCompletion' %}"
            Next      = "Note placed"
          },
        ]
        Default = "Note completed"
      }
      "Note placed" = merge(local.note, {
        Arguments = merge(local.note.Arguments, {
          UpdateExpression = "SET drink = if_not_exists(drink, :drink), placed = if_not_exists(placed, :placed), expires = :expires"
          ExpressionAttributeValues = {
            ":drink"   = { S = "{% $states.input.detail.drinkOrder.drink %}" }
            ":placed"  = { N = "{% $string($states.input.detail.TS) %}" }
            ":expires" = { N = local.expires.order }
          }
        })
      })
      "Note completed" = merge(local.note, {
        Arguments = merge(local.note.Arguments, {
          UpdateExpression = "SET completed = if_not_exists(completed, :completed), expires = :expires"
          ExpressionAttributeValues = {
            ":completed" = { N = "{% $string($toMillis($states.input.time)) %}" }
            ":expires"   = { N = local.expires.order }
          }
        })
      })
      "Both known" = {
        Type = "Choice"
        Choices = [
          {
            Condition = "{% $exists($order.placed) and $exists($order.completed) %}"
            Next      = "Keep time"
          },
        ]
        Default = "Done"
      }
      # The order's own place among its drink's times: a copy of an event comes
      # to the same place, and finds it taken.
      "Keep time" = {
        Type     = "Task"
        Resource = "arn:${data.aws_partition.current.partition}:states:::dynamodb:putItem"
        Arguments = {
          TableName = aws_dynamodb_table.default.name
          Item = {
            pk = { S = "{% 'drink#' & $order.drink.S %}" }
            sk = { S = "{% $order.completed.N & '#' & $id %}" }
            # Whose it is, so that a second attempt after a lost answer goes on.
            execution = { S = "{% $states.context.Execution.Id %}" }
            duration  = { N = "{% $string($max([0, $number($order.completed.N) - $number($order.placed.N)])) %}" }
            expires   = { N = local.expires.time }
          }
          ConditionExpression       = "attribute_not_exists(pk) OR execution = :execution"
          ExpressionAttributeValues = { ":execution" = { S = "{% $states.context.Execution.Id %}" } }
        }
        Retry = local.retry
        Catch = [
          {
            ErrorEquals = ["DynamoDB.ConditionalCheckFailedException"]
            Next        = "Done"
          },
        ]
        Next = "Last times"
      }
      "Last times" = {
        Type     = "Task"
        Resource = "arn:${data.aws_partition.current.partition}:states:::aws-sdk:dynamodb:query"
        Arguments = {
          TableName                 = aws_dynamodb_table.default.name
          KeyConditionExpression    = "pk = :pk"
          ExpressionAttributeValues = { ":pk" = { S = "{% 'drink#' & $order.drink.S %}" } }
          ConsistentRead            = true
          ScanIndexForward          = false
          Limit                     = var.orders
        }
        Output = "{% $round($average($states.result.Items.duration.N.$number($))) %}"
        Retry  = local.retry
        Next   = "Tell average"
      }
      "Tell average" = {
        Type     = "Task"
        Resource = "arn:${data.aws_partition.current.partition}:states:::events:putEvents"
        Arguments = {
          Entries = [
            {
              EventBusName = var.tenant.bus_name
              Source       = var.fence.event_source
              DetailType   = "OrderManager.DrinkAverageTime"
              Detail = {
                drink    = "{% $order.drink.S %}"
                duration = "{% $states.input %}"
                eventId  = "{% $bar %}"
                Message  = "{% $order.drink.S & ' takes ' & $string($round($states.input / 1000)) & ' seconds at present.' %}"
              }
            },
          ]
        }
        Retry = local.retry
        Next  = "Done"
      }
      Done = { Type = "Succeed" }
    }
  }

  # What both notes have in common. An answer after the first attempt was lost
  # is no harm: what is there already stays.
  note = {
    Type     = "Task"
    Resource = "arn:${data.aws_partition.current.partition}:states:::dynamodb:updateItem"
    Arguments = {
      TableName = aws_dynamodb_table.default.name
      Key = {
        pk = { S = "{% 'order#' & $states.input.detail.orderId %}" }
        sk = { S = "order" }
      }
      ReturnValues = "ALL_NEW"
    }
    Assign = {
      bar   = "{% $states.input.detail.eventId %}"
      id    = "{% $states.input.detail.orderId %}"
      order = "{% $states.result.Attributes %}"
    }
    Retry = local.retry
    Next  = "Both known"
  }

  expires = {
    for what, days in { order = 2, time = var.days } :
    what => "{% $string($floor($millis() / 1000) + ${days * 86400}) %}"
  }

  retry = [
    # Those are as wrong a second later: a copy, and an order without a drink.
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
