"""The control room, `presso dashboard`: a page with tenants, units, events, dead letters and runs."""
