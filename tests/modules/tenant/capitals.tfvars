name = "NYC"
