# Plays the barista: claims the order, makes it, and mostly hands it over.
locals {
  barista = {
    Comment       = "Makes the orders that a robot placed"
    QueryLanguage = "JSONata"
    StartAt       = "Claim"
    States = merge(local.claim["barista"], {
      Notice = merge(local.wait["notice"], { Next = "Make" })
      Make   = merge(local.act, { Arguments = local.acts["make"], Next = "Work" })
      Work   = merge(local.wait["work"], { Next = "Will it do" })
      "Will it do" = {
        Type = "Choice"
        Choices = [
          {
            Condition = "{% $random() * 100 < ${var.cancel_percent} %}"
            Next      = "Cancel"
          },
        ]
        Default = "Complete"
      }
      Complete = merge(local.act, { Arguments = local.acts["complete"], Next = "Done" })
      Cancel   = merge(local.act, { Arguments = local.acts["cancel"], Next = "Done" })
      Done     = { Type = "Succeed" }
    })
  }

  act = {
    Type     = "Task"
    Resource = local.put_events
    Retry    = local.retry
  }

  acts = {
    for action in ["make", "complete", "cancel"] : action => {
      Entries = [
        {
          EventBusName = var.tenant.bus_name
          Source       = var.fence.event_source
          DetailType   = "OrderRobot.FulfillOrder"
          Detail = {
            Message       = "The robot chose to ${action} the order."
            orderId       = "{% $order.orderId %}"
            eventId       = "{% $order.eventId %}"
            baristaUserId = var.barista
            action        = action
          }
        },
      ]
    }
  }
}
