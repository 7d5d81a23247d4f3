"""The gate: whether an extension keeps its three promises, proven on its text and on Terraform's own plan."""
