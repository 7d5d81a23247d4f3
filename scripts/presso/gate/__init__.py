"""The gate: checks an extension's three promises on its text and on Terraform's plan."""
