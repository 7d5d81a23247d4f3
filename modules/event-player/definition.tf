locals {
  core_source = "awsserverlessda.serverlesspresso"
  folder      = coalesce(var.scenarios_dir, "${path.module}/scenarios")
  scenarios = {
    for file in fileset(local.folder, "*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.folder}/${file}"))
  }
  default_scenario = try(
    contains(keys(local.scenarios), "quarter-hour") ? "quarter-hour" : keys(local.scenarios)[0],
    ""
  )
  summaries = {
    for name, scenario in local.scenarios : name => {
      title   = scenario.title
      minutes = scenario.minutes
      orders  = scenario.orders
      events  = length(scenario.events)
    }
  }

  # The detail travels as the text that EventBridge takes. What is known now is
  # filled in now; {run}, and {at} as a number, are the replay's.
  rows = {
    for name, scenario in local.scenarios : name => [
      for event in scenario.events : {
        at     = event.at
        source = try(event.source, local.core_source)
        type   = event["detail-type"]
        detail = replace(
          replace(jsonencode(event.detail), "\"{at}\"", "{at}"),
          "{tenant}", var.tenant.name
        )
      }
    ]
  }

  # The rows go through the machine in parts, each far below the 256 KiB that
  # a state may pass on.
  part_size = 50
  parts = merge([
    for name, rows in local.rows : {
      for part in range(ceil(length(rows) / local.part_size)) :
      format("%s %d", name, part + 1) => {
        rows = slice(
          rows,
          part * local.part_size,
          min((part + 1) * local.part_size, length(rows))
        )
        next = (
          (part + 1) * local.part_size < length(rows)
          ? format("%s %d", name, part + 2)
          : "end"
        )
      }
    }
  ]...)

  definition = {
    Comment       = "Replays a scenario onto the bus ${var.tenant.bus_name}"
    QueryLanguage = "JSONata"
    StartAt       = "Start"
    States = merge(local.fixed_states, {
      for name, part in local.parts : name => {
        Type   = "Pass"
        Output = part.rows
        Assign = { next = part.next }
        Next   = "Replay"
      }
    })
  }

  fixed_states = {
    Start = {
      Type = "Pass"
      Assign = {
        run      = "{% $substring($uuid(), 0, 24) %}"
        start    = "{% $ceil($millis() / 1000) * 1000 + 1000 %}"
        speed    = "{% $exists($states.input.speed) ? $states.input.speed : 1 %}"
        scenario = "{% $exists($states.input.scenario) ? $states.input.scenario : '${local.default_scenario}' %}"
        next     = "{% ($exists($states.input.scenario) ? $states.input.scenario : '${local.default_scenario}') & ' 1' %}"
        sent     = 0
      }
      Next = "Which part"
    }
    "Which part" = {
      Type = "Choice"
      Choices = concat(
        [
          {
            Condition = "{% $type($speed) = 'number' ? ($speed <= 0 or $speed > 1000) : true %}"
            Next      = "Bad speed"
          },
          {
            Condition = "{% $next = 'end' %}"
            Next      = "Done"
          },
        ],
        [
          for name in keys(local.parts) : {
            Condition = "{% $next = '${name}' %}"
            Next      = name
          }
        ],
      )
      Default = "Unknown scenario"
    }
    Replay = {
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
            Output    = {}
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
      Assign = { sent = "{% $sent + $count($states.input) %}" }
      Output = {}
      Next   = "Which part"
    }
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
      Cause = "{% 'This player has no scenario ' & $string($scenario) & '. It has: ${join(", ", keys(local.scenarios))}.' %}"
    }
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

  entries = trimspace(<<-EOT
    {% [$states.input.rows.{
      'EventBusName': '${var.tenant.bus_name}',
      'Source': source,
      'DetailType': type,
      'Detail': $replace(
        $replace(detail, '{run}', $run),
        '{at}', $string($start + $floor(at * 1000 / $speed))
      )
    }] %}
    EOT
  )
}
