"""Pictures of the flow of events, as SVG that needs no other program."""
