name = "nyc--east"
