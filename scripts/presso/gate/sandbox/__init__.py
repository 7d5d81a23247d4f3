"""The third level of the gate: an extension is applied, played to, and destroyed where it can do no harm."""
