# Plays the customer: thinks for a while, then orders something from the menu.
locals {
  customer = {
    Comment       = "Orders a drink for an order that was begun by ${join(", ", var.users)}"
    QueryLanguage = "JSONata"
    StartAt       = "Claim"
    States = merge(local.claim["customer"], {
      Think = merge(local.wait["think"], { Next = "Choose" })
      Choose = {
        Type = "Pass"
        Assign = {
          drink = local.random_drink
        }
        Next = "Order"
      }
      Order = {
        Type     = "Task"
        Resource = local.put_events
        Arguments = {
          Entries = [
            {
              EventBusName = var.tenant.bus_name
              Source       = var.fence.event_source
              DetailType   = "ProducerRobot.FulfillOrder"
              Detail = {
                Message       = "{% 'The robot wants: ' & $drink.drink & '.' %}"
                orderId       = "{% $order.orderId %}"
                eventId       = "{% $order.eventId %}"
                baristaUserId = ""
                action        = ""
                body          = "{% $merge([$drink, {'userId': $order.userId}]) %}"
              }
            },
          ]
        }
        Retry = local.retry
        Next  = "Done"
      }
      Done = { Type = "Succeed" }
    })
  }

  menu = [
    for drink, modifiers in var.menu : {
      drink     = drink
      icon      = replace(lower(drink), " ", "-")
      modifiers = modifiers
    }
  ]

  # Of each kind of modifier one option.
  random_drink = trimspace(<<-EOT
    {% (
      $one := function($of) { ($n := $floor($random() * $count($of)); $of[$n]) };
      $menu := ${jsonencode(local.menu)};
      $choice := $one($menu);
      {
        'drink': $choice.drink,
        'icon': $choice.icon,
        'modifiers': [$each($choice.modifiers, function($options) { $one($options) })]
      }
    ) %}
    EOT
  )
}
