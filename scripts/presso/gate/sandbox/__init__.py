"""The third level of the gate: an extension is applied, receives events and is destroyed in isolation."""
