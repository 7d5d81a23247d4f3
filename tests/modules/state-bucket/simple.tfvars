name = "acme-presso-states"
tags = { team = "coffee" }
