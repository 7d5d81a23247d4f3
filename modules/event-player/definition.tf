locals {
  core_source = "awsserverlessda.serverlesspresso"
  default_scenario = try(
    contains(keys(local.rows), "quarter-hour") ? "quarter-hour" : keys(local.rows)[0],
    ""
  )

  definition = {
    Comment       = "Replays a scenario onto the bus ${var.tenant.bus_name}"
    QueryLanguage = "JSONata"
    StartAt       = "Start"
    States = {
      Start = {
        Type = "Pass"
        Assign = {
          run      = "{% $substring($uuid(), 0, 24) %}"
          start    = "{% $ceil($millis() / 1000) * 1000 + 1000 %}"
          speed    = "{% $exists($states.input.speed) ? $states.input.speed : 1 %}"
          scenario = "{% $exists($states.input.scenario) ? $states.input.scenario : '${local.default_scenario}' %}"
          ranges   = local.ranges
          block    = 0
          sent     = 0
        }
        Next = "Which block"
      }
      "Which block" = {
        Type = "Choice"
        Choices = [
          {
            Condition = "{% $type($speed) = 'number' ? ($speed <= 0 or $speed > 1000) : true %}"
            Next      = "Bad speed"
          },
          {
            Condition = "{% $type($scenario) = 'string' ? $not($scenario in $keys($ranges)) : true %}"
            Next      = "Unknown scenario"
          },
          {
            Condition = "{% $block = $count($lookup($ranges, $scenario)) %}"
            Next      = "Done"
          },
        ]
        Default = "Read block"
      }
      "Read block" = {
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::aws-sdk:s3:getObject"
        Arguments = {
          Bucket = local.bucket
          Key    = "{% $scenario & '.json' %}"
          Range  = "{% $lookup($ranges, $scenario)[$block] %}"
        }
        Output = "{% $parse('[' & $replace($replace($states.result.Body, '{tenant}', '${var.tenant.name}'), '{run}', $run) & ']') %}"
        Retry = [
          {
            ErrorEquals     = ["S3.S3Exception", "S3.SdkClientException"]
            IntervalSeconds = 1
            BackoffRate     = 2
            MaxAttempts     = 4
            JitterStrategy  = "FULL"
          },
        ]
        Next = "Replay"
      }
      Replay = local.replay
      Done = {
        Type   = "Pass"
        Output = "{% {'scenario': $scenario, 'speed': $speed, 'run': $run, 'sent': $sent} %}"
        End    = true
      }
      "Bad speed" = {
        Type  = "Fail"
        Error = "BadSpeed"
        Cause = "{% 'The speed must be a number above 0 and at most 1000, not ' & $string($speed) & '.' %}"
      }
      "Unknown scenario" = {
        Type  = "Fail"
        Error = "UnknownScenario"
        Cause = "{% 'This player has no scenario ' & $string($scenario) & '. It has: ' & $join($keys($ranges), ', ') & '.' %}"
      }
    }
  }

  replay = {
    Type           = "Map"
    Items          = local.batches
    MaxConcurrency = 1
    ItemProcessor = {
      ProcessorConfig = { Mode = "INLINE" }
      StartAt         = "Wait until due"
      States = {
        "Wait until due" = {
          Type      = "Wait"
          Timestamp = "{% $fromMillis($start + $states.input.second * 1000) %}"
          Next      = "Put events"
        }
        "Put events" = {
          Type      = "Task"
          Resource  = "arn:${local.partition}:states:::events:putEvents"
          Arguments = { Entries = local.entries }
          Output    = "{% $count($states.input.rows) %}"
          Retry = [
            {
              ErrorEquals = [
                "EventBridge.InternalException",
                "EventBridge.InternalFailure",
                "EventBridge.SdkClientException",
                "EventBridge.ServiceUnavailable",
                "EventBridge.ThrottlingException",
              ]
              IntervalSeconds = 1
              BackoffRate     = 2
              MaxAttempts     = 4
              JitterStrategy  = "FULL"
            },
          ]
          End = true
        }
      }
    }
    Assign = {
      block = "{% $block + 1 %}"
      sent  = "{% $sent + $sum($states.result) %}"
    }
    Output = {}
    Next   = "Which block"
  }

  # Events due in the same second share calls of at most ten. A second is one
  # of the replay, not of the scenario: at speed 60 it holds a minute.
  batches = trimspace(<<-EOT
    {% (
      $seconds := $states.input{$string($floor(at / $speed)): {'rows': [$]}};
      [$keys($seconds).(
        $second := $;
        $partition($lookup($seconds, $second).rows, 10).{'second': $number($second), 'rows': [$]}
      )^(second)]
    ) %}
    EOT
  )

  # {at} is when the event happened: `late` seconds before it is delivered.
  entries = trimspace(<<-EOT
    {% [$states.input.rows.(
      $at := $string($start + $floor((at - ($exists(late) ? late : 0)) * 1000 / $speed));
      {
        'EventBusName': '${var.tenant.bus_name}',
        'Source': $exists(source) ? source : '${local.core_source}',
        'DetailType': $lookup($, 'detail-type'),
        'Detail': $replace($replace($string(detail), '"{at}"', $at), '{at}', $at)
      }
    )] %}
    EOT
  )
}
